import { bytesPerGib } from '../ec2-limits.ts';
import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';

interface VolumeType {
  readonly minGib: number;
  readonly maxGib: number;
  /** `needed`: none is made without a number of them; `derived`: they follow from the size. */
  readonly iops: 'needed' | 'chosen' | 'derived';
  readonly throughput: 'chosen' | 'derived';
}

/** The types of volumes and their sizes, by the user guide of EBS. */
const volumeTypes: ReadonlyMap<string, VolumeType> = new Map([
  ['gp3', { minGib: 1, maxGib: 65_536, iops: 'chosen', throughput: 'chosen' }],
  ['gp2', { minGib: 1, maxGib: 16_384, iops: 'derived', throughput: 'derived' }],
  ['io1', { minGib: 4, maxGib: 16_384, iops: 'needed', throughput: 'derived' }],
  ['io2', { minGib: 4, maxGib: 65_536, iops: 'needed', throughput: 'derived' }],
  ['st1', { minGib: 125, maxGib: 16_384, iops: 'derived', throughput: 'derived' }],
  ['sc1', { minGib: 125, maxGib: 16_384, iops: 'derived', throughput: 'derived' }],
  ['standard', { minGib: 1, maxGib: 1_024, iops: 'derived', throughput: 'derived' }],
]);

/** Types that no root can have, by the same guide. */
const typesWithoutBoot: readonly string[] = ['st1', 'sc1'];

/** Whether EC2 makes no volume of that type without a number of IOPS. */
export function needsIops(volumeType: string): boolean {
  return volumeTypes.get(volumeType)?.iops === 'needed';
}

/** Whether a number of IOPS can be said of that type. */
export function takesIops(volumeType: string): boolean {
  const iops = volumeTypes.get(volumeType)?.iops;
  return iops === 'needed' || iops === 'chosen';
}

/** Whether a throughput can be said of that type. */
export function takesThroughput(volumeType: string): boolean {
  return volumeTypes.get(volumeType)?.throughput === 'chosen';
}

export function bootsInstances(volumeType: string): boolean {
  return !typesWithoutBoot.includes(volumeType);
}

/**
 * Refuses a type that EC2 does not make, or not of that size.
 *
 * @param known which types can be named where the volume is asked for
 * @throws INVALID_ARGUMENT
 */
export function checkVolumeType(
  volumeType: string,
  volumes: readonly { readonly device: string; readonly sizeBytes: number }[],
  known: (volumeType: string) => boolean = () => true,
): void {
  const range = known(volumeType) ? volumeTypes.get(volumeType) : undefined;
  if (range === undefined) {
    throw new SnapledgerError('INVALID_ARGUMENT', `volumes of type '${volumeType}' are not made`, {
      remedy: `Name one of ${[...volumeTypes.keys()].filter(known).join(', ')}; EC2 can change the type of a volume later.`,
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
