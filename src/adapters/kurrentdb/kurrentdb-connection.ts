import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClientSlot } from './client-slot.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import {
  blamesClient,
  isAnswer,
  isTimeout,
  isUnanswered,
  timedOut,
  toLedgerError,
} from './kurrentdb-error.ts';
import type { KurrentDbLimits } from './kurrentdb-limits.ts';
import type { CallKind, Outage, Question } from './outage.ts';
import type { ServerStream } from './server-stream.ts';
import { withinTime } from './within-time.ts';

/** What every call to the server needs. */
export interface KurrentDbConnection {
  readonly clients: ClientSlot;
  readonly clock: Clock;
  readonly limits: KurrentDbLimits;
  readonly namespace: string;
  /** How messages name the server. */
  readonly server: string;
  /** Asked before each call, and told how it ended. */
  readonly outage: Outage;
  /** Aborts when the store is closed. */
  readonly closing: AbortSignal;
}

/** @throws LEDGER_UNAVAILABLE when the store was closed */
export function assertOpen({ closing, server }: KurrentDbConnection): void {
  if (!closing.aborted) return;
  throw new SnapledgerError('LEDGER_UNAVAILABLE', `The ledger at ${server} was closed.`, {
    remedy: 'Open it again.',
    details: { server },
  });
}

/** One question and its answer. @throws what the client throws, LEDGER_UNAVAILABLE after the limit */
export async function callServer<T>(
  connection: KurrentDbConnection,
  kind: CallKind,
  ask: (client: KurrentDbClient) => Promise<T>,
): Promise<T> {
  const { clients, clock, limits, server, outage } = connection;
  assertOpen(connection);
  const question = outage.ask(kind);
  return clients.use(async (client) => {
    const { callTimeoutMs } = limits;
    try {
      const answer = await withinTime(clock, callTimeoutMs, ask(client), () =>
        timedOut(server, callTimeoutMs),
      );
      question.answered();
      return answer;
    } catch (error) {
      settle(connection, client, question, error);
      throw error;
    } finally {
      question.end();
    }
  });
}

/**
 * The items of a read that ends by itself.
 *
 * @throws what the client throws, LEDGER_UNAVAILABLE for a silence that is too long
 */
export async function* readToEnd<Item>(
  connection: KurrentDbConnection,
  kind: CallKind,
  open: (client: KurrentDbClient) => ServerStream<Item>,
): AsyncGenerator<Item> {
  const { clients, clock, limits, server, outage, closing } = connection;
  assertOpen(connection);
  const question = outage.ask(kind);
  const client = clients.acquire();
  const stream = open(client);
  let limitMs = limits.callTimeoutMs;
  try {
    for (;;) {
      const item = stream.take();
      assertOpen(connection);
      if (item !== null) {
        question.answered();
        yield item;
        limitMs = limits.readSilenceMaxMs;
      } else if (stream.isOver) {
        question.answered();
        return;
      } else {
        const expired = (): Error => timedOut(server, limitMs);
        await stream.change(clock, limitMs, expired, closing);
      }
    }
  } catch (error) {
    settle(connection, client, question, error);
    throw error;
  } finally {
    question.end();
    stream.stop();
    clients.release(client);
  }
}

/** The error with its meaning, once it was settled whether client and server are in use. */
export function settleFailure(
  connection: KurrentDbConnection,
  client: KurrentDbClient,
  question: Question,
  error: unknown,
): SnapledgerError {
  settle(connection, client, question, error);
  return toLedgerError(error, connection.server);
}

/** Takes the client that may be to blame out of use, and notes whether the server has answered. */
function settle(
  { clients }: KurrentDbConnection,
  client: KurrentDbClient,
  question: Question,
  error: unknown,
): void {
  if (isTimeout(error) || blamesClient(error)) clients.replace(client);
  if (isUnanswered(error)) question.failed(error);
  else if (isAnswer(error)) question.answered();
}
