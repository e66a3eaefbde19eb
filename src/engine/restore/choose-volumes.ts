import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { DeviceName, VolumeId } from '../../domain/identifiers.ts';
import type { PointManifest, PointVolume } from '../../format/restore-point.ts';

/** Something that has volumes to choose from. */
export interface VolumeChoice<Volume> {
  /** For the message: `restore point 3f2a91c4`. */
  readonly what: string;
  readonly volumes: readonly Volume[];
}

/**
 * The wanted volumes of what is restored, in its order; all of them when none are named.
 *
 * @throws UNKNOWN_VOLUME, INVALID_ARGUMENT
 */
export function chooseVolumes<
  Volume extends { readonly volumeId: VolumeId; readonly device: DeviceName },
>(
  { what, volumes }: VolumeChoice<Volume>,
  wanted: readonly VolumeId[] | undefined,
): readonly Volume[] {
  if (wanted === undefined) return volumes;
  if (wanted.length === 0) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'no volume is named that is to be restored', {
      remedy: 'Name at least one, or none at all to restore every volume.',
    });
  }
  const missing = wanted.find((id) => !volumes.some(({ volumeId }) => volumeId === id));
  if (missing !== undefined) {
    const known = volumes.map(({ device }) => device).join(', ');
    throw new SnapledgerError('UNKNOWN_VOLUME', `${what} has no volume '${missing}'`, {
      remedy: `It has ${known}.`,
    });
  }
  return volumes.filter(({ volumeId }) => wanted.includes(volumeId));
}

/** The choice among the volumes of a point. */
export function volumesOfPoint({ pointId, volumes }: PointManifest): VolumeChoice<PointVolume> {
  return { what: `restore point ${pointId}`, volumes };
}
