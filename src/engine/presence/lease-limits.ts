export interface LeaseLimits {
  /** How long an engine is held to be alive after it last said so. */
  readonly leaseMs: number;
  /** Several times within a lease, so that one renewal that fails ends nothing. */
  readonly renewEveryMs: number;
  /**
   * Between two tries when a renewal has failed. When the lease is over there is nothing left to keep: then it
   * grows, up to `renewEveryMs`.
   */
  readonly renewRetryMs: number;
  /** How far the clocks of two machines may be apart; with NTP they are so by less than a second. */
  readonly skewMaxMs: number;
}

/** A day of one engine adds some 4,300 small events. */
export const leaseLimits: LeaseLimits = {
  leaseMs: 60_000,
  renewEveryMs: 20_000,
  renewRetryMs: 5_000,
  skewMaxMs: 15_000,
};
