import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClientSlot } from './client-slot.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import { blamesClient, timedOut, toLedgerError } from './kurrentdb-error.ts';
import type { KurrentDbLimits } from './kurrentdb-limits.ts';
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
  ask: (client: KurrentDbClient) => Promise<T>,
): Promise<T> {
  const { clients, clock, limits, server } = connection;
  assertOpen(connection);
  return clients.use(async (client) => {
    const { callTimeoutMs } = limits;
    try {
      return await withinTime(clock, callTimeoutMs, ask(client), () =>
        timedOut(server, callTimeoutMs),
      );
    } catch (error) {
      if (isTimeout(error) || blamesClient(error)) clients.replace(client);
      throw error;
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
  open: (client: KurrentDbClient) => ServerStream<Item>,
): AsyncGenerator<Item> {
  const { clients, clock, limits, server, closing } = connection;
  assertOpen(connection);
  const client = clients.acquire();
  const stream = open(client);
  let limitMs = limits.callTimeoutMs;
  try {
    for (;;) {
      const item = stream.take();
      assertOpen(connection);
      if (item !== null) {
        yield item;
        limitMs = limits.readSilenceMaxMs;
      } else if (stream.isOver) {
        return;
      } else {
        const expired = (): Error => timedOut(server, limitMs);
        await stream.change(clock, limitMs, expired, closing);
      }
    }
  } catch (error) {
    if (isTimeout(error) || blamesClient(error)) clients.replace(client);
    throw error;
  } finally {
    stream.stop();
    clients.release(client);
  }
}

/** The error with its meaning, once the client that may be to blame is out of use. */
export function settleFailure(
  { clients, server }: KurrentDbConnection,
  client: KurrentDbClient,
  error: unknown,
): SnapledgerError {
  if (isTimeout(error) || blamesClient(error)) clients.replace(client);
  return toLedgerError(error, server);
}

function isTimeout(error: unknown): boolean {
  return error instanceof SnapledgerError && 'limitMs' in error.details;
}
