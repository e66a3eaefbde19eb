import {
  type Engine,
  type PointId,
  type DeviceName,
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

/** Something that has volumes, and how it is called. */
export interface NamedVolumes {
  /** `restore point 3f2a91c4` */
  readonly what: string;
  readonly volumes: readonly { readonly volumeId: VolumeId; readonly device: DeviceName }[];
}

export function volumesOfPoint({ pointId, volumes }: PointManifest): NamedVolumes {
  return { what: `restore point ${formatId(pointId)}`, volumes };
}

/** The volumes that are named by device or id, each once. @throws UNKNOWN_VOLUME */
export function volumeIdsIn(named: NamedVolumes, names: readonly string[]): readonly VolumeId[] {
  return [...new Set(names.map((name) => volumeIdOf(named, name)))];
}

function volumeIdOf({ what, volumes }: NamedVolumes, name: string): VolumeId {
  const volume = volumes.find(({ device, volumeId }) => device === name || volumeId === name);
  if (volume !== undefined) return volume.volumeId;
  throw new SnapledgerError('UNKNOWN_VOLUME', `${what} has no volume '${name}'`, {
    remedy: `It has: ${volumes.map(({ device }) => device).join(', ')}.`,
  });
}
