/** Limits of what engine and worker exchange. What is beyond them is rejected, never cut. */
export const mailboxLimits = {
  /** The highest attempt: its number has four digits in the names of objects. */
  attemptMax: 9_999,
  /** Bytes of a sealed job: a grant and as many volumes as an instance can have, several times over. */
  jobMaxBytes: 256 * 1024,
  /** Bytes of what a storage format grants its worker: a few keys. */
  grantMaxBytes: 16 * 1024,
  /** Volumes in one job; EC2 attaches 128 to its largest instances. */
  volumesMax: 256,
  /** Bytes of a sealed outcome. */
  outcomeMaxBytes: 64 * 1024,
  /** Characters of the message and of the remedy in an outcome. */
  outcomeTextMaxLength: 4_000,
  /** Bytes of the one-time secret that a worker shares with the engine. */
  workerSecretMinBytes: 32,
  workerSecretMaxBytes: 64,
  /** The highest beat: its number has eight digits; at one a second that is three years. */
  beatMax: 99_999_999,
  /** Beats that may lie in one mailbox. A worker leaves one or two; more is not its doing. */
  beatsListedMax: 1_000,
  /** The first wait between two looks into the mailbox; doubled each time up to the interval asked for. */
  firstPollIntervalMs: 10,
  /** The longest interval of polls or beats that a worker can be told to keep. */
  intervalMaxMs: 600_000,
} as const;
