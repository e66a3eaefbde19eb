/** How often something that can succeed later is tried again. */
export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  /** The delay doubles up to this. */
  readonly delayMaxMs: number;
}
