/** How often an instance is maintained by itself. */
export const maintenanceLimits = {
  /**
   * From one retention of an instance to the next that only time asks for. A day and an hour, so that
   * a daily backup that begins a little later than yesterday's still takes care of it itself, and what
   * cannot be removed is not tried again and again.
   */
  pauseMs: 25 * 3_600_000,
} as const;
