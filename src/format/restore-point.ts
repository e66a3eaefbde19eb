import type {
  BlockIndex,
  DeviceName,
  InstanceId,
  PointId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { BlockDamage } from './block-damage.ts';

export interface PointManifest {
  readonly pointId: PointId;
  readonly instanceId: InstanceId;
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly committedAt: TimestampMs;
  /** Nobody can remove the point before, nor anything that it needs. Undefined: who may, can. */
  readonly lockedUntil?: TimestampMs;
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

/** Reads one committed point. */
export interface PointReader {
  readonly manifest: PointManifest;
  /**
   * The whole volume in ascending order, without a gap: neighbouring absent or zero blocks as one
   * run, data in runs of neighbouring blocks of at most 4 MiB. Damaged blocks come as `damage` and
   * never as content; everything sound still comes. Bounded memory.
   *
   * @throws UNKNOWN_VOLUME, the signal's reason when it aborts, and what `consume` threw
   */
  readVolume(
    volumeId: VolumeId,
    options?: ReadVolumeOptions,
  ): AsyncIterable<RestoredBlocks | DamagedBlocks>;
  /**
   * What the blocks from `first` on are, to the end of the volume, in ascending order and without a
   * gap; no data is read. Neighbouring blocks of one state may come as several runs. Where it cannot
   * be told it comes as `damage`.
   *
   * @throws UNKNOWN_VOLUME
   */
  readStates(volumeId: VolumeId, first: BlockIndex): AsyncIterable<BlockRun | DamagedBlocks>;
  /** One block: one walk through the map and at most one ranged get. @throws OBJECT_CORRUPT */
  readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array>;
}

export interface ReadVolumeOptions {
  readonly signal?: AbortSignal;
  /**
   * Called with each run of data before the run comes in its turn, and done by then: where data
   * goes to a place of its own, that place need not wait for the order. Several calls are under way
   * at once, in any order; the bytes are valid until the call ends. None is under way any more when
   * the reading has ended, however it ended.
   */
  readonly consume?: (blocks: RestoredBlocks) => Promise<void>;
}

/** What a block of a point is. Absent and zero both read as zeros, and are different facts. */
export type BlockState = 'absent' | 'zero' | 'data';

/** Neighbouring blocks of one state. */
export interface BlockRun {
  readonly kind: 'blocks';
  readonly first: BlockIndex;
  readonly state: BlockState;
  readonly blockCount: number;
}

export interface RestoredBlocks extends BlockRun {
  /** The content for state `data` (valid until the next iteration step), otherwise empty. */
  readonly bytes: Uint8Array;
}

export interface DamagedBlocks extends BlockDamage {
  readonly kind: 'damage';
}
