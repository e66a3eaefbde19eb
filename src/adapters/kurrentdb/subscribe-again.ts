import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import { assertOpen, settleFailure } from './kurrentdb-connection.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import { toLedgerError } from './kurrentdb-error.ts';
import type { CallKind, Question } from './outage.ts';

/** Failures since anything was heard that shows a working server; whoever subscribes puts it back to 0. */
export interface Failures {
  failures: number;
}

export interface SubscribeAgainOptions<Item> {
  readonly connection: KurrentDbConnection;
  readonly kind: CallKind;
  /** Until it aborts. */
  readonly signal: AbortSignal;
  readonly progress: Failures;
  /** One subscription, which ends by itself only when there is nothing more to wait for. */
  readonly once: (
    client: KurrentDbClient,
    ending: AbortSignal,
    question: Question,
  ) => AsyncGenerator<Item>;
}

/**
 * What one subscription after the other gives: the next one is made when the server ends one, falls
 * silent or cannot be reached, after a pause that grows.
 *
 * @throws LEDGER_UNAVAILABLE after too many failures in a row; what cannot get better by trying again is
 *   thrown at once
 */
export async function* subscribeAgain<Item>({
  connection,
  kind,
  signal,
  progress,
  once,
}: SubscribeAgainOptions<Item>): AsyncGenerator<Item> {
  const { clients, limits, outage, server } = connection;
  const ending = AbortSignal.any([signal, connection.closing]);
  while (!signal.aborted) {
    assertOpen(connection);
    const client = clients.acquire();
    let question: Question | null = null;
    let failure: SnapledgerError;
    try {
      question = outage.ask(kind);
      yield* once(client, ending, question);
      if (!isAborted(signal)) assertOpen(connection);
      return;
    } catch (error) {
      assertOpen(connection);
      failure =
        question === null
          ? toLedgerError(error, server)
          : settleFailure(connection, client, question, error);
    } finally {
      question?.end();
      clients.release(client);
    }
    progress.failures += 1;
    if (failure.retry !== 'retryable' || progress.failures >= limits.resubscribeAttemptsMax) {
      throw failure;
    }
    await pause(progress.failures, connection, ending);
  }
}

/** The signal may abort while an item is out, which the compiler cannot know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Longer with each failure; not at all when `ending` aborts. */
async function pause(
  failures: number,
  { clock, limits }: KurrentDbConnection,
  ending: AbortSignal,
): Promise<void> {
  const delayMs = Math.min(
    limits.resubscribeFirstDelayMs * 2 ** (failures - 1),
    limits.resubscribeDelayMaxMs,
  );
  try {
    await clock.sleep(delayMs, ending);
  } catch (error) {
    if (!ending.aborted) throw error;
  }
}
