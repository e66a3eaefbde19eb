import type { ByteRange, ObjectStore } from '../ports/object-store.ts';
import type { TransferCounts } from '../domain/backup-session/transfer-counts.ts';
import type { BlockSource } from '../ports/block-source.ts';
import type { RandomSource } from '../ports/random-source.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  BlockIndex,
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
import type { ChangedBlock } from '../ports/cloud/changed-blocks.ts';

/**
 * The plug for storage formats: how restore points are kept in an object store.
 *
 * Work is split in three. The *engine* holds the repository's secret: it registers a session,
 * writes the transfer plan, and commits the restore point. A *worker* holds only what
 * `grantTransfer` gave it: it reads the plan, writes the data and posts one segment after the
 * other. *Readers* (restore, verify) hold the secret again. All three meet only in the object
 * store.
 */
export interface StorageFormat {
  /** As it stands in configurations and events: `strata`. */
  readonly name: string;
  readonly traits: FormatTraits;

  /** @throws REPOSITORY_EXISTS */
  createRepository(options: RepositoryOptions): Promise<Repository>;
  /** @throws NOT_A_REPOSITORY, REPOSITORY_VERSION, WRONG_PASSPHRASE, OBJECT_CORRUPT */
  openRepository(options: RepositoryOptions): Promise<Repository>;
  /** The worker's side. `grant` is what the engine's `grantTransfer` gave. */
  openTransfer(options: TransferOptions): Promise<Transfer>;
}

/** What the rules must know about a format. */
export interface FormatTraits {
  /** Whether a point can be read only while the point before it exists. */
  readonly pointDependency: 'independent' | 'needs-parent';
  readonly encryption: 'always' | 'none';
  readonly deduplication: 'within-instance' | 'none';
}

export interface RepositoryOptions {
  readonly objectStore: ObjectStore;
  readonly secret: RepositorySecret;
  readonly random: RandomSource;
  readonly clock: Clock;
}

/** What unlocks a repository. Never logged, never stored. */
export interface RepositorySecret {
  readonly kind: 'passphrase';
  /** UTF-8, normalised to NFC by the format. */
  readonly passphrase: string;
}

/** Names one volume's transfer of one session. */
export interface TransferPlanRef {
  readonly sessionId: SessionId;
  /** Fresh for each attempt to write the plan: a UUID. Half-written plans are never looked at. */
  readonly planId: string;
}

export interface TransferPlanRequest extends TransferPlanRef {
  readonly sizeBytes: number;
  /** Which blocks are to be read. */
  readonly selection: BlockSelection;
  /** The point and volume whose content the blocks are compared with, so that only changes are stored. */
  readonly parent: { readonly pointId: PointId; readonly volumeId: VolumeId } | null;
}

export type BlockSelection =
  /** Only these differ from the parent; all others are as the parent has them. */
  | { readonly kind: 'changed'; readonly pages: AsyncIterable<readonly ChangedBlock[]> }
  /** Only these were ever written; all others are absent. */
  | { readonly kind: 'allocated'; readonly pages: AsyncIterable<readonly BlockIndex[]> }
  /** Nothing is known: every block of the volume. */
  | { readonly kind: 'everything' };

export interface TransferPlanSummary {
  /** How many blocks the worker will read. */
  readonly plannedBlocks: number;
}

/**
 * A run of planned blocks whose data is durable. Segments of one attempt are numbered from 0 and
 * cover the plan in its order, without a gap.
 */
export interface TransferSegment {
  readonly number: number;
  /** Position in the plan (not in the volume) of the first block that this segment covers. */
  readonly firstPlanned: number;
  /** Position in the plan after the last block that it covers. */
  readonly endPlanned: number;
  readonly counts: TransferCounts;
}

/** An unbroken run of segments that one attempt of a worker posted. */
export interface SegmentRun {
  readonly attempt: number;
  readonly firstSegment: number;
  readonly endSegment: number;
}

export interface Repository {
  readonly id: RepositoryId;
  readonly format: StorageFormat;

  // -- a session's writer, on the engine's side --

  /** Makes the session known as a writer and gives it a data key. Idempotent. */
  registerWriter(sessionId: SessionId): Promise<void>;

  /**
   * Writes down which blocks a worker has to read and what they are compared with. Bounded
   * memory, whatever the volume's size. Errors of `selection.pages` pass through unchanged.
   *
   * @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND when the parent's map cannot be read.
   */
  writeTransferPlan(request: TransferPlanRequest): Promise<TransferPlanSummary>;

  /** The bytes that let a worker do this session's transfer, and nothing else. A secret. */
  grantTransfer(sessionId: SessionId): Promise<Uint8Array>;

  /**
   * The one-time secret with which the worker of this attempt proves who it is; always the same
   * for the same attempt, so that another engine can go on. Tells nothing about any key.
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
   * @throws SESSION_FENCED when somebody closed this session before.
   */
  commitPoint(request: CommitRequest): Promise<PointManifest>;

  /** Removes what the session needed only while it ran (mailbox, registration). Idempotent. */
  closeWriter(sessionId: SessionId): Promise<void>;

  /**
   * Ends a session that will not commit: fences it, so that no late writer can, and removes what
   * it wrote. Idempotent. Resolves to the point if it turns out to be committed; then nothing is
   * removed.
   */
  discardWriter(sessionId: SessionId, instanceId: InstanceId): Promise<PointManifest | null>;

  // -- points --

  /** The committed points, of one instance or of all, oldest first. */
  listPoints(instanceId?: InstanceId): AsyncIterable<PointManifest>;
  /** @throws UNKNOWN_POINT, OBJECT_CORRUPT */
  openPoint(pointId: PointId): Promise<PointReader>;
  /** Checks what is stored; with `deep` every block is read, decrypted and hashed. */
  verify(options: VerifyOptions): AsyncIterable<VerifyFinding | VerifyProgress>;

  close(): Promise<void>;
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

export interface PointManifest {
  readonly pointId: PointId;
  readonly instanceId: InstanceId;
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly committedAt: TimestampMs;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly volumes: readonly PointVolume[];
}

export interface PointVolume {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly snapshotId: SnapshotId;
  readonly sizeBytes: number;
  /** Blocks that this point added to the repository, and the bytes of their records. */
  readonly blocksStored: number;
  readonly bytesStored: number;
  /** Bytes of map that this point added. */
  readonly mapBytesStored: number;
}

/** What a block of a point is. Absent and zero both read as zeros, and are different facts. */
export type BlockState = 'absent' | 'zero' | 'data';

/** A damaged piece of a point, named so that a person can find it. */
export interface BlockDamage {
  readonly objectKey: string;
  readonly range: ByteRange | null;
  /** First damaged block and how many in a row: one for a data record, more for a map node. */
  readonly firstBlock: BlockIndex;
  readonly blockCount: number;
  readonly reason: string;
}

export interface RestoredBlocks {
  readonly kind: 'blocks';
  readonly first: BlockIndex;
  readonly state: BlockState;
  readonly blockCount: number;
  /** The content for state `data` (valid until the next iteration step), otherwise empty. */
  readonly bytes: Uint8Array;
}

export interface DamagedBlocks extends BlockDamage {
  readonly kind: 'damage';
}

/** Reads one committed point. */
export interface PointReader {
  readonly manifest: PointManifest;
  /**
   * The whole volume in ascending order, without a gap: neighbouring absent or zero blocks as one
   * run, data in runs of neighbouring blocks of at most 4 MiB. Damaged blocks come as `damage` and
   * never as content; everything sound still comes. Bounded memory.
   *
   * @throws UNKNOWN_VOLUME
   */
  readVolume(
    volumeId: VolumeId,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<RestoredBlocks | DamagedBlocks>;
  /** One block: one walk through the map and at most one ranged get. @throws OBJECT_CORRUPT */
  readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array>;
}

export interface VerifyOptions {
  readonly depth: 'structure' | 'deep';
  /** Only this point; default: all points. */
  readonly pointId?: PointId;
  readonly signal?: AbortSignal;
}

/** Something is wrong. `points` are the points that it hurts. */
export interface VerifyFinding extends BlockDamage {
  readonly kind: 'finding';
  readonly pointId: PointId;
  readonly volumeId: VolumeId | null;
}

export interface VerifyProgress {
  readonly kind: 'progress';
  readonly pointId: PointId;
  readonly pointsChecked: number;
  readonly pointsTotal: number;
  readonly mapNodesChecked: number;
  readonly blocksChecked: number;
  readonly bytesRead: number;
}

// -- the worker's side --

export interface TransferOptions {
  readonly objectStore: ObjectStore;
  readonly grant: Uint8Array;
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly attempt: number;
  readonly compression: CompressionChoice;
  /** Encoder threads; default: one for each processor. */
  readonly threads?: number;
}

export type CompressionChoice = 'fast' | 'balanced' | 'small';

export interface Transfer {
  /**
   * Reads the planned blocks from `source` and stores what is new, posting a segment each time a
   * part of the plan is durable. Yields each segment after it was posted.
   */
  run(request: TransferRequest): AsyncIterable<TransferSegment>;
  close(): Promise<void>;
}

export interface TransferRequest extends TransferPlanRef {
  readonly source: BlockSource;
  /** Position in the plan to begin at: where the attempts before had got to. */
  readonly firstPlanned: number;
  readonly signal: AbortSignal;
}
