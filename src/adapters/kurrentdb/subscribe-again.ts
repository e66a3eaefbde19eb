import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { KurrentDbClient } from './kurrentdb-client.ts';
import { assertOpen, settleFailure } from './kurrentdb-connection.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';

/** Failures since anything was heard that shows a working server; whoever subscribes puts it back to 0. */
export interface Failures {
  failures: number;
}

export interface SubscribeAgainOptions<Item> {
  readonly connection: KurrentDbConnection;
  /** Until it aborts. */
  readonly signal: AbortSignal;
  readonly progress: Failures;
  /** One subscription, which ends by itself only when there is nothing more to wait for. */
  readonly once: (client: KurrentDbClient, ending: AbortSignal) => AsyncGenerator<Item>;
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
  signal,
  progress,
  once,
}: SubscribeAgainOptions<Item>): AsyncGenerator<Item> {
  const { clients, limits } = connection;
  const ending = AbortSignal.any([signal, connection.closing]);
  while (!signal.aborted) {
    assertOpen(connection);
    const client = clients.acquire();
    let failure: SnapledgerError;
    try {
      connection.outage.check();
      yield* once(client, ending);
      if (!isAborted(signal)) assertOpen(connection);
      return;
    } catch (error) {
      assertOpen(connection);
      failure = settleFailure(connection, client, error);
    } finally {
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
