import type { KurrentDbConnection } from './kurrentdb-connection.ts';

/** Waits before a subscription is made again, longer with each failure; not at all when `ending` aborts. */
export async function pauseBeforeRetry(
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
