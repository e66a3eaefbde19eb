import {
  type Engine,
  type PointId,
  type PointManifest,
  SnapledgerError,
  type VolumeId,
} from '../../index.ts';
import { formatId } from '../output/format-id.ts';

/** The point of this id. @throws UNKNOWN_POINT */
export async function pointOf(engine: Engine, pointId: PointId): Promise<PointManifest> {
  const points = await Array.fromAsync(engine.listPoints());
  const point = points.find((candidate) => candidate.pointId === pointId);
  if (point !== undefined) return point;
  throw new SnapledgerError('UNKNOWN_POINT', `there is no restore point ${formatId(pointId)}`);
}

/** The volumes of a point that are named by device or id, each once. @throws UNKNOWN_VOLUME */
export function volumeIdsIn(point: PointManifest, names: readonly string[]): readonly VolumeId[] {
  return [...new Set(names.map((name) => volumeIdOf(point, name)))];
}

function volumeIdOf({ pointId, volumes }: PointManifest, name: string): VolumeId {
  const volume = volumes.find(({ device, volumeId }) => device === name || volumeId === name);
  if (volume !== undefined) return volume.volumeId;
  throw new SnapledgerError(
    'UNKNOWN_VOLUME',
    `restore point ${formatId(pointId)} has no volume '${name}'`,
    { remedy: `It has: ${volumes.map(({ device }) => device).join(', ')}.` },
  );
}
