import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { VolumeId } from '../../domain/identifiers.ts';
import type { PointManifest, PointVolume } from '../../format/restore-point.ts';

/**
 * The wanted volumes of a point, in the order of the point; all of them when none are named.
 *
 * @throws UNKNOWN_VOLUME
 */
export function chooseVolumes(
  { volumes, pointId }: PointManifest,
  wanted: readonly VolumeId[] | undefined,
): readonly PointVolume[] {
  if (wanted === undefined) return volumes;
  if (wanted.length === 0) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'no volume is named that is to be restored', {
      remedy: 'Name at least one, or none at all to restore every volume.',
    });
  }
  const missing = wanted.find((id) => !volumes.some(({ volumeId }) => volumeId === id));
  if (missing !== undefined) {
    const known = volumes.map(({ device }) => device).join(', ');
    throw new SnapledgerError(
      'UNKNOWN_VOLUME',
      `restore point ${pointId} has no volume '${missing}'`,
      { remedy: `It has ${known}.` },
    );
  }
  return volumes.filter(({ volumeId }) => wanted.includes(volumeId));
}
