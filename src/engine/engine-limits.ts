import type { RetryPolicy } from './retry/retry-policy.ts';

/** Every wait, retry and interval of the engine. */
export interface EngineLimits {
  /** For calls of ports that fail with a retryable error. */
  readonly retry: RetryPolicy;
  /** Workers launched for one session before it fails. */
  readonly workerAttemptsMax: number;
  /** Failures of reading without a worker, with nothing stored in between, before the session fails. */
  readonly directReadFailuresMax: number;
  /**
   * Sessions of one engine that read without a worker at once: they share its processors and the
   * account's rate, so more of them are not faster, and each takes some 300 MiB.
   */
  readonly directReadsAtOnceMax: number;
  /** From the launch of a worker to its hello; EC2 boots within a few minutes. */
  readonly workerHelloTimeoutMs: number;
  /**
   * A worker that posts no heartbeat for so long is given up. A single heartbeat can take half a
   * minute of retries while the object store is unavailable.
   */
  readonly workerSilenceMaxMs: number;
  /**
   * A worker that lives but makes nothing durable for so long is given up as well. A pack of a few
   * MiB, on the slowest volume that EC2 has just re-created from a snapshot, takes minutes.
   */
  readonly workerStandstillMaxMs: number;
  /** How often a worker posts a heartbeat. */
  readonly workerBeatIntervalMs: number;
  /** First and longest pause between two looks at what a worker has posted. */
  readonly transferPollMinMs: number;
  readonly transferPollMaxMs: number;
  /** Least time between two BlocksTransferred of a volume, so that a long session stays short. */
  readonly transferEventIntervalMs: number;
  /** Pause between two looks at pending snapshots. */
  readonly snapshotPollMs: number;
  /** A snapshot of a large, busy volume takes hours. */
  readonly snapshotTimeoutMs: number;
  /** Snapshots asked for in one call. */
  readonly snapshotBatchMax: number;
  /** Looks at a new snapshot that is not found, before it is held to be gone. */
  readonly snapshotMissesMax: number;
  /** Pause between two looks at a session that another engine works on. */
  readonly sessionPollMs: number;
  /** How long a due run is left to be handed out, before whoever looks begins it. */
  readonly offerMaxMs: number;
  /** Longest pause between two looks at which policies are due. */
  readonly policyLookMaxMs: number;
  /** Longest pause between two looks at which instances are due for maintenance. */
  readonly maintenanceLookMaxMs: number;
  /** Sessions of due maintenance that run at once; each can delete hundreds of snapshots. */
  readonly maintenanceSessionsMax: number;
  /** How long a session of a policy's run waits for maintenance that holds its instance. */
  readonly maintenanceWaitMaxMs: number;
  /** Until maintenance that could not even begin is tried again. */
  readonly maintenanceRetryMs: number;
  /** Between two looks of `runPolicies` at what regions have that no session needs. */
  readonly reconcileEveryMs: number;
}

/** For a cloud on this machine, where everything answers within milliseconds. */
export const localEngineLimits: EngineLimits = {
  retry: { attemptsMax: 5, firstDelayMs: 50, delayMaxMs: 2_000 },
  workerAttemptsMax: 3,
  directReadFailuresMax: 3,
  directReadsAtOnceMax: 2,
  workerHelloTimeoutMs: 30_000,
  workerSilenceMaxMs: 60_000,
  workerStandstillMaxMs: 30 * 60_000,
  workerBeatIntervalMs: 1_000,
  transferPollMinMs: 5,
  transferPollMaxMs: 20,
  transferEventIntervalMs: 250,
  snapshotPollMs: 100,
  snapshotTimeoutMs: 24 * 3_600_000,
  snapshotBatchMax: 200,
  snapshotMissesMax: 5,
  sessionPollMs: 1_000,
  offerMaxMs: 20_000,
  policyLookMaxMs: 30_000,
  maintenanceLookMaxMs: 10 * 60_000,
  maintenanceSessionsMax: 4,
  maintenanceWaitMaxMs: 3_600_000,
  maintenanceRetryMs: 3_600_000,
  reconcileEveryMs: 6 * 3_600_000,
};

/**
 * The same with the repository in S3: each look is a request that costs money and a tenth of a
 * second, and a store that is busy is waited for longer than a disk.
 */
export const remoteStoreEngineLimits: EngineLimits = {
  ...localEngineLimits,
  retry: { attemptsMax: 5, firstDelayMs: 250, delayMaxMs: 8_000 },
  workerHelloTimeoutMs: 120_000,
  workerSilenceMaxMs: 5 * 60_000,
  workerBeatIntervalMs: 5_000,
  transferPollMinMs: 100,
  transferPollMaxMs: 2_000,
  transferEventIntervalMs: 1_000,
};

/**
 * On EC2: an instance boots and fetches its programs within a few minutes, and each look at pending
 * snapshots is a request of which an account has only so many.
 */
export const ec2EngineLimits: EngineLimits = {
  ...remoteStoreEngineLimits,
  workerHelloTimeoutMs: 10 * 60_000,
  snapshotPollMs: 5_000,
};
