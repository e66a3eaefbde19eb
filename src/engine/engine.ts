import type { BackupScope } from '../domain/backup-session/backup-events.ts';
import type {
  DeviceName,
  InstanceId,
  PointId,
  SessionId,
  VolumeId,
} from '../domain/identifiers.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import type { RetentionDecision } from '../domain/retention/decide-retention.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { VerifyFinding, VerifyOptions, VerifyProgress } from '../format/verification.ts';
import type { InstanceDescription } from '../ports/cloud/instances.ts';
import type { ImageTarget } from '../ports/image-target.ts';
import type { LedgerAudit } from './audit/audit.ts';
import type { ReplayedEvent } from './replay-session.ts';
import type { SealOutcome } from './seal-outcome.ts';
import type { SessionEvent } from './session-event.ts';
import type { SessionSummary } from './session-summary.ts';

export type { SealOutcome } from './seal-outcome.ts';
export type { SessionSummary } from './session-summary.ts';

/** The engine, as a host service embeds it. Every promise rejects with a SnapledgerError. */
export interface Engine {
  /**
   * Begins the backup of one instance and resolves as soon as the session is recorded; it then
   * runs on its own.
   *
   * @throws UNKNOWN_INSTANCE, NO_POLICY, INSTANCE_BUSY
   */
  startBackup(request: BackupRequest): Promise<RunningSession>;

  /**
   * Takes over every session whose engine died, and lets each come to its end. Sessions of
   * engines that live are left alone.
   */
  resumeInterrupted(options?: {
    readonly instanceId?: InstanceId;
    readonly signal?: AbortSignal;
  }): Promise<readonly RunningSession[]>;

  /**
   * Writes the volumes of a restore point to `target`, as a session of its own.
   *
   * @throws UNKNOWN_POINT, UNKNOWN_VOLUME, TARGET_EXISTS
   */
  startRestore(request: RestoreRequest): Promise<RunningSession>;

  /** @throws POLICY_INVALID, UNKNOWN_INSTANCE */
  setPolicy(policy: BackupPolicy, instances: readonly InstanceId[]): Promise<void>;
  /** The policy that covers the instance, or null. */
  policyOf(instanceId: InstanceId): Promise<BackupPolicy | null>;

  listInstances(): Promise<readonly InstanceDescription[]>;
  /** Oldest first. */
  listSessions(filter?: { readonly instanceId?: InstanceId }): Promise<readonly SessionSummary[]>;
  /** The snapshot sets of an instance, and what retention says of each today. */
  describeChain(instanceId: InstanceId): Promise<RetentionDecision>;
  /**
   * Oldest first. All sound points come, also when the manifest of another one is damaged.
   *
   * @throws OBJECT_CORRUPT after the last sound point, when there is a damaged one
   */
  listPoints(filter?: { readonly instanceId?: InstanceId }): AsyncIterable<PointManifest>;

  /** Every event of a session with the state after it; `at`: only up to this revision. */
  replay(sessionId: SessionId, options?: { readonly at?: number }): AsyncIterable<ReplayedEvent>;

  /** Checks the repository; see StorageFormat. */
  verify(options: VerifyOptions): AsyncIterable<VerifyFinding | VerifyProgress>;

  /** For those who check the record of what was done. */
  readonly audit: LedgerAudit;

  /**
   * The one session or point whose id begins with `prefix`.
   *
   * @throws UNKNOWN_SESSION, UNKNOWN_POINT, AMBIGUOUS_ID
   */
  findSession(prefix: string): Promise<SessionId>;
  findPoint(prefix: string): Promise<PointId>;

  /** Stops starting steps, waits for those under way, and gives up what the engine holds. */
  close(): Promise<void>;
}

export interface BackupRequest {
  readonly instanceId: InstanceId;
  /** Default: what the policy says. */
  readonly scope?: BackupScope;
  /** Aborting it cancels the session; it then cleans up and ends as cancelled. */
  readonly signal?: AbortSignal;
}

export interface RestoreRequest {
  readonly pointId: PointId;
  /** Default: all volumes of the point. */
  readonly volumeIds?: readonly VolumeId[];
  readonly target: ImageTarget;
  readonly signal?: AbortSignal;
  /** Called now and then while a volume is written; must return quickly. */
  readonly onProgress?: (progress: RestoreProgress) => void;
}

/** How far the restore of one volume has got. */
export interface RestoreProgress {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** A session that this engine works on. */
export interface RunningSession {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  /** Resolves when the session has ended, however it ended; rejects only when it cannot go on. */
  readonly ended: Promise<SessionSummary>;
  /**
   * What became of the seal of its record, which is made when the session has ended and before
   * `ended` resolves. Never rejects.
   */
  readonly sealed: Promise<SealOutcome>;
  /**
   * All events of the session from the first on, as they are recorded; ends after the last. May be
   * asked for any number of times; a slow consumer holds nothing up.
   */
  events(): AsyncIterable<SessionEvent>;
}
