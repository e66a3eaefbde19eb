import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { VolumePlace } from '../../../../domain/restore-session/volume-place.ts';
import { bytesPerGib } from '../ec2-limits.ts';

/**
 * The types that a volume can be made of without a number of IOPS (io1 and io2 need one), and their
 * sizes in GiB, by the user guide of EBS.
 */
const volumeTypes: ReadonlyMap<string, { readonly minGib: number; readonly maxGib: number }> =
  new Map([
    ['gp3', { minGib: 1, maxGib: 65_536 }],
    ['gp2', { minGib: 1, maxGib: 16_384 }],
    ['st1', { minGib: 125, maxGib: 16_384 }],
    ['sc1', { minGib: 125, maxGib: 16_384 }],
    ['standard', { minGib: 1, maxGib: 1_024 }],
  ]);

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
        remedy: 'Name a zone of the region of the vault.',
      },
    );
  }
  const range = volumeTypes.get(volumeType);
  if (range === undefined) {
    throw new SnapledgerError('INVALID_ARGUMENT', `volumes of type '${volumeType}' are not made`, {
      remedy: `Name one of ${[...volumeTypes.keys()].join(', ')}; EC2 can change the type of a volume later.`,
    });
  }
  for (const { device, sizeBytes } of volumes) {
    const sizeGib = Math.ceil(sizeBytes / bytesPerGib);
    if (sizeGib >= range.minGib && sizeGib <= range.maxGib) continue;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `${device} has ${sizeGib} GiB, a volume of type ${volumeType} from ${range.minGib} to ${range.maxGib}`,
      { remedy: "Name another type ('--volume-type')." },
    );
  }
}
