import type { PointManifest, PointVolume } from '../../restore-point.ts';
import type { TimestampMs, VolumeId } from '../../../domain/identifiers.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { MapRoot } from '../map/map-node.ts';

/** A committed volume with the root of its map. */
export interface StoredVolume {
  readonly volume: PointVolume;
  readonly root: MapRoot;
}

/** A restore point as its manifest holds it. */
export interface StoredPoint {
  readonly manifest: PointManifest;
  /** Until when all that it needs is locked; its own date or later. Null: it is not. */
  readonly retainedUntil: TimestampMs | null;
  /** In the order of `manifest.volumes`. */
  readonly volumes: readonly StoredVolume[];
}

/** @throws UNKNOWN_VOLUME */
export function storedVolumeOf(point: StoredPoint, volumeId: VolumeId): StoredVolume {
  const found = point.volumes.find(({ volume }) => volume.volumeId === volumeId);
  if (found !== undefined) return found;
  const { pointId, volumes } = point.manifest;
  throw new SnapledgerError('UNKNOWN_VOLUME', `point ${pointId} has no volume "${volumeId}"`, {
    remedy: `Its volumes are: ${volumes.map((each) => each.volumeId).join(', ')}.`,
    details: { pointId, volumeId },
  });
}
