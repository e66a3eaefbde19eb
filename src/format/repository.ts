import type {
  DeviceName,
  InstanceId,
  PointId,
  RepositoryId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { Collector } from './collection.ts';
import type { PointMerger } from './point-merger.ts';
import type { PointTrace } from './point-trace.ts';
import type { Relocator } from './relocator.ts';
import type { Repairer } from './repairer.ts';
import type { PointManifest, PointReader } from './restore-point.ts';
import type { FormatDescription } from './format-description.ts';
import type { TransferPlanRef, TransferPlanRequest, TransferPlanSummary } from './transfer-plan.ts';
import type { SegmentRun, TransferSegment } from './transfer-segment.ts';
import type {
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from './verification.ts';

/** An opened repository: the side of the engine and of readers, which hold its secret. */
export interface Repository {
  readonly id: RepositoryId;
  readonly format: FormatDescription;

  // -- a session's writer, on the engine's side --

  /** Makes the session of this instance known as a writer and gives it a data key. Idempotent. */
  registerWriter(sessionId: SessionId, instanceId: InstanceId): Promise<void>;

  /**
   * Writes down which blocks a worker has to read and what they are compared with. Bounded
   * memory, whatever the volume's size. Errors of `selection.pages` pass through unchanged.
   *
   * @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND when the parent's map cannot be read;
   *   PARENT_CONDEMNED when a collection is about to remove what the parent needs; CHAIN_TOO_LONG when
   *   a point could not be read that needs this parent with all that it needs.
   */
  writeTransferPlan(request: TransferPlanRequest): Promise<TransferPlanSummary>;

  /** The bytes that let a worker do this session's transfer, and nothing else. A secret. */
  grantTransfer(sessionId: SessionId): Promise<Uint8Array>;

  /**
   * The one-time secret with which the worker of this attempt proves who it is; always the same
   * for the same attempt, so that another engine can go on. Tells nothing about any key.
   *
   * @throws OBJECT_NOT_FOUND when the session is not registered
   */
  deriveWorkerSecret(sessionId: SessionId, attempt: number): Promise<Uint8Array>;

  /** The segments that `attempt` has posted from number `from` on, ascending; only whole ones. */
  readSegments(
    plan: TransferPlanRef,
    attempt: number,
    from: number,
  ): Promise<readonly TransferSegment[]>;

  /**
   * Makes the restore point: builds the maps out of parent, plan and segments, and creates the
   * manifest, which is the commit. If this session's point exists already it is given back.
   *
   * @throws SESSION_FENCED when somebody closed this session before, and the signal's reason when it
   *   aborts before the manifest is created: there is no point then.
   */
  commitPoint(request: CommitRequest): Promise<PointManifest>;

  /** Removes what the session needed only while it ran (mailbox, registration). Idempotent. */
  closeWriter(sessionId: SessionId): Promise<void>;

  /**
   * Ends a session that will not commit: fences it, so that no late writer can, and removes what
   * it wrote. Idempotent. Resolves to the point if it turns out to be committed; then nothing is
   * removed.
   *
   * @throws SESSION_FENCED when the point was committed and removed since; nothing is removed.
   */
  discardWriter(sessionId: SessionId, instanceId: InstanceId): Promise<PointManifest | null>;

  /**
   * The keys under which an engine signs and seals the ledger beside the points. Derived from the
   * repository's secret and always the same, so that there is nothing to store and nothing to lose.
   */
  deriveLedgerKeys(): Promise<LedgerKeys>;

  /**
   * 32 bytes from which a cloud adapter derives the keys of its encrypted tags. Always the same for
   * a repository, so that whoever can open it finds in the cloud what belongs to it.
   */
  deriveTagSecret(): Promise<Uint8Array>;

  // -- points --

  /** The committed points, of one instance or of all, oldest first. */
  listPoints(instanceId?: InstanceId): AsyncIterable<PointManifest>;
  /** @throws UNKNOWN_POINT, OBJECT_CORRUPT */
  openPoint(pointId: PointId): Promise<PointReader>;
  /**
   * Removes a point for good: from then on it cannot be read, and nobody can commit it again. What
   * other points share with it stays. Removes a damaged one too; fine when there is none.
   * Idempotent, and to be repeated until it has resolved once.
   *
   * @throws INVALID_ARGUMENT when it is a point of another instance, or when another stored point
   *   needs it (in a format whose points need their parents); nothing is removed then
   */
  removePoint(pointId: PointId, instanceId: InstanceId): Promise<void>;
  /**
   * What has become of a point that was committed, for who knows of it from elsewhere and finds it in no
   * listing. A mark of its removal counts if it is authentic, where the format can tell.
   */
  tracePoint(pointId: PointId, instanceId: InstanceId): Promise<PointTrace>;
  /** Frees what removed points leave behind; null when the format has nothing to free. */
  readonly collector: Collector | null;
  /** Moves what points need; null when points share nothing. */
  readonly relocator: Relocator | null;
  /** Heals what is damaged; null when the format keeps nothing from which it could. */
  readonly repairer: Repairer | null;
  /** Lets points go that others need; null when the format does not merge, or points need no others. */
  readonly merger: PointMerger | null;
  /** Checks what is stored; with `deep` every block is read, decrypted and hashed. */
  verify(options: VerifyOptions): AsyncIterable<VerifyFinding | VerifyProgress | VerifyCoverage>;

  close(): Promise<void>;
}

/** Secrets of 32 bytes each; none of them opens a restore point. */
export interface LedgerKeys {
  /** The seed of the Ed25519 key that signs checkpoints. */
  readonly signingSeed: Uint8Array;
  /** Opens the sealed records: what an auditor is given to read the ledger. */
  readonly readKey: Uint8Array;
}

export interface CommitRequest {
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  readonly setId: SnapshotSetId;
  /** When the snapshot set was taken: what the point shows. */
  readonly takenAt: TimestampMs;
  /** The description of the instance, plain JSON. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly volumes: readonly CommitVolume[];
  readonly signal?: AbortSignal;
}

export interface CommitVolume extends TransferPlanRef {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly snapshotId: SnapshotId;
  readonly sizeBytes: number;
  readonly parent: { readonly pointId: PointId; readonly volumeId: VolumeId } | null;
  /** All segments that count, in the order of the plan; together they cover it exactly. */
  readonly segments: readonly SegmentRun[];
}
