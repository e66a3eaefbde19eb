/** Everything in a local cloud that has a limit. Sizes in bytes, durations in milliseconds. */
export const localCloudLimits = {
  /** Registered instances; each costs one small file, read whenever all are listed. */
  instancesMax: 10_000,
  /** Disks of one instance: what the largest EC2 instance types take. */
  volumesPerInstanceMax: 128,
  /** One disk: the largest EBS volume. */
  diskSizeMaxBytes: 64 * 1024 ** 4,
  /** Snapshot sets that exist at once; finding a snapshot reads one small file for each. */
  snapshotSetsMax: 10_000,
  /** Copies of snapshots in one region; finding one reads one small file for each. */
  replicaSnapshotsMax: 100_000,
  /** Temporary volumes that exist at once. */
  temporaryVolumesMax: 1_024,
  /** Workers that run at once, when the caller names no number. */
  workersMaxDefault: 64,
  /** Sets that one process captures at once: more would only share the same disk. */
  capturesAtOnceMax: 2,
  /** Threads that read, hash and write one disk. */
  scanThreadsMax: 4,
  /** Between two looks at how far a capture is; one that is quicker tells nothing. */
  captureProgressMs: 1_000,
  /** How often the clones of one set are made again because a disk was written in between. */
  cloneAttemptsMax: 5,
  /** A state file larger than this was not written by this program. */
  stateFileMaxBytes: 4 * 1024 ** 2,
  /** Characters of a client token, as on EC2. */
  clientTokenMaxLength: 128,
  /** How much of the end of a worker's log is told when it is gone. */
  logTailMaxBytes: 4_096,
  logTailMaxLines: 20,
  /** How many launchers may die one after another before a worker's start is given up. */
  launchersMax: 16,
  /** How long one call waits for another launcher that is at work on the same worker. */
  launchWaitMs: 30_000,
  /** How long a killed process may take to disappear (uninterruptible I/O). */
  terminateWaitMs: 10_000,
  /** How long an ended worker's exit code, a line in a message, is waited for. */
  endingWaitMs: 1_000,
  /** Between two looks at a process. */
  processPollMs: 20,
  /**
   * A launcher that died may have left a child between fork and exec, which does not carry its
   * command line yet; so long is waited before it is looked for.
   */
  launcherDeathGraceMs: 250,
  /**
   * Longer than the coarsest tick of file times (10 ms at HZ=100), so that a write after the
   * wait always shows in a file's times.
   */
  fileTimeTickMs: 20,
  /** Tags of an instance or of a volume, as many and as long as EC2 has them. */
  tagsMax: 50,
  tagKeyMaxLength: 128,
  tagValueMaxLength: 256,
} as const;
