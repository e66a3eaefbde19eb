/** Backoff while the object store is unavailable: about a minute and a half in all. */
export const storeRetryLimits = {
  attemptsMax: 10,
  firstDelayMs: 200,
  delayMaxMs: 20_000,
} as const;
