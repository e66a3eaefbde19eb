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
   * @throws UNKNOWN_VOLUME
   */
  readVolume(
    volumeId: VolumeId,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<RestoredBlocks | DamagedBlocks>;
  /** One block: one walk through the map and at most one ranged get. @throws OBJECT_CORRUPT */
  readBlock(volumeId: VolumeId, index: BlockIndex): Promise<Uint8Array>;
}

/** What a block of a point is. Absent and zero both read as zeros, and are different facts. */
export type BlockState = 'absent' | 'zero' | 'data';

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
