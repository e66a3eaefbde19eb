import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { VolumePlace } from '../../../../domain/restore-session/volume-place.ts';
import { checkVolumeType, needsIops } from './volume-types.ts';

/** Refuses what EC2 would refuse after everything was written. @throws INVALID_ARGUMENT */
export function checkPlace(
  { region, availabilityZone, volumeType }: VolumePlace,
  volumes: readonly { readonly device: string; readonly sizeBytes: number }[],
): void {
  if (!availabilityZone.startsWith(region)) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `the zone ${availabilityZone} is not in ${region}`,
      {
        remedy: `Name a zone of ${region}, where what is restored is, or is written.`,
      },
    );
  }
  // A place says no number of IOPS.
  checkVolumeType(volumeType, volumes, (type) => !needsIops(type));
}
