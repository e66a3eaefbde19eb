/** How long a worker waits, and lives. All in milliseconds. */
export const workerLimits = {
  /**
   * From its hello to its job. The engine attaches the volumes meanwhile, and may have to be
   * started again in between.
   */
  jobTimeoutMs: 15 * 60_000,
  /** From the job until a volume shows as a device; on EC2 this is a matter of seconds. */
  deviceTimeoutMs: 5 * 60_000,
  /**
   * A worker that nobody removes ends by itself after this time. Seven days: reading the largest
   * volume (64 TiB) at 125 MB/s takes 6.5.
   */
  lifetimeMs: 7 * 24 * 3_600_000,
  /** So many beats in a row may fail before the worker gives up: it can no longer be seen. */
  failedBeatsMax: 5,
} as const;
