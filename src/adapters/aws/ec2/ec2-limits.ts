/** Every wait, retry and number of the EC2 adapter. */
export interface Ec2Limits {
  /** One request, its retries not counted; the SDK itself waits for ever. */
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Tries of one request that EC2 throttles, or that may be repeated and failed. */
  readonly attemptsMax: number;
  /** The delay doubles from this, with jitter, */
  readonly firstDelayMs: number;
  /** up to this. */
  readonly delayMaxMs: number;
  /**
   * Between two tries of what EC2 refuses because there is too much of it now. A volume takes one
   * snapshot in about 15 s.
   */
  readonly busyDelayMs: number;
  readonly busyAttemptsMax: number;
  /** How long what was made may stay out of listings: EC2 is eventually consistent. */
  readonly appearanceMs: number;
  /** How long what another account was given to read may be unknown there. */
  readonly sharedAppearanceMs: number;
  /** How long a request whose reply was lost is looked for before it is held not to have come. */
  readonly lostRequestMs: number;
  /** The first pause between two looks at a state that will change soon; it doubles */
  readonly firstPollMs: number;
  /** up to this. */
  readonly pollMs: number;
  /** A volume or an instance that does not get where it has to in this time is given up. */
  readonly transitionMs: number;
  /** How long a snapshot may count as used by an image that was deregistered: EC2 says nothing of it; a minute is patient. */
  readonly releaseMs: number;
  /** A snapshot that a restore has written is completed some time after its last block. */
  readonly writtenSnapshotMs: number;
  /** Looking again for an instance that is not found, before it is held to be gone. */
  readonly missingInstanceLooks: number;
  /** Copies at once in one destination region, in this process; EC2 takes 20 of an account. */
  readonly copiesAtOnceMax: number;
  /** Between two looks whether one of them is done. */
  readonly copyPollMs: number;
  /** How long a copy waits for its turn. */
  readonly copyTurnMs: number;
}

export const ec2Limits: Ec2Limits = {
  requestTimeoutMs: 30_000,
  connectTimeoutMs: 5_000,
  attemptsMax: 6,
  firstDelayMs: 500,
  delayMaxMs: 20_000,
  busyDelayMs: 15_000,
  busyAttemptsMax: 20,
  appearanceMs: 300_000,
  sharedAppearanceMs: 120_000,
  lostRequestMs: 60_000,
  firstPollMs: 250,
  pollMs: 2_000,
  transitionMs: 600_000,
  releaseMs: 60_000,
  writtenSnapshotMs: 6 * 3_600_000,
  missingInstanceLooks: 5,
  copiesAtOnceMax: 20,
  copyPollMs: 15_000,
  copyTurnMs: 24 * 3_600_000,
};

/** Values in the filters of one request (EC2). */
export const filterValuesMax = 200;

/** Entries of one page; EC2 gives up to 1000, of volumes 500. */
export const pageLength = 500;

/** Volumes that one snapshot set may leave out (EC2). */
export const excludedVolumesMax = 40;

/**
 * How far the times of a request and of what it made may differ. AWS does not see to it: the SDK
 * signs with the time of AWS once it has learnt that the engine's clock is wrong.
 */
export const clockSkewMaxMs = 15 * 60_000;

export const bytesPerGib = 1024 ** 3;
