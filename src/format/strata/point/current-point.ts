import type { PointId, VolumeId } from '../../../domain/identifiers.ts';
import type { MapEntry } from '../map/map-node.ts';
import type { StoredPoint } from './stored-point.ts';

/**
 * A point with the roots that its maps have now: those of its manifest, or of the last relocation
 * that moved them. Whoever reads a map begins here; the manifest alone may lead to what is gone.
 */
export interface CurrentPoint extends StoredPoint {
  readonly roots: 'current';
}

/** The last committed relocation of each volume that has one. */
export type CurrentRoots = ReadonlyMap<string, MapEntry>;

/** Names a volume of a point in `CurrentRoots`. */
export function rootName(pointId: PointId, volumeId: VolumeId): string {
  return `${pointId}/${volumeId}`;
}

export function currentPoint(point: StoredPoint, roots: CurrentRoots): CurrentPoint {
  const { manifest, retainedUntil } = point;
  const volumes = point.volumes.map((stored) => {
    const entry = roots.get(rootName(manifest.pointId, stored.volume.volumeId));
    return entry === undefined ? stored : { ...stored, root: { ...stored.root, entry } };
  });
  return { manifest, retainedUntil, volumes, roots: 'current' };
}
