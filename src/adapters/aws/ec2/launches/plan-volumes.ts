import { SnapledgerError } from '../../../../domain/errors/snapledger-error.ts';
import type { DeviceName } from '../../../../domain/identifiers.ts';
import type { LaunchPlanRequest } from '../../../../ports/cloud/instance-restores.ts';
import type { LaunchVolumeWishes, LaunchWishes } from '../../../../ports/cloud/launch-wishes.ts';
import {
  bootsInstances,
  checkVolumeType,
  needsIops,
  takesIops,
  takesThroughput,
} from '../restores/volume-types.ts';
import { bytesPerGib } from '../ec2-limits.ts';
import type { Missing } from './missing.ts';
import type { RecordedVolume } from './recorded-launch.ts';

/** A volume that an instance is launched with. */
export interface LaunchVolume {
  /** Of the volume that is restored, as it was recorded. */
  readonly source: DeviceName;
  /** Under which the instance has it. */
  readonly device: DeviceName;
  /** Null: that of its snapshot. */
  readonly sizeGib: number | null;
  readonly volumeType: string;
  readonly iops: number | null;
  readonly throughput: number | null;
  readonly deleteOnTermination: boolean;
}

interface VolumeWishes extends Pick<LaunchWishes, 'volumeType' | 'volumes'> {
  readonly recordedRoot: string;
}

type RestoredVolume = LaunchPlanRequest['volumes'][number];

/**
 * The volumes of a launch as they were recorded, with what is said of them instead.
 *
 * @throws INVALID_ARGUMENT for what EC2 would refuse
 */
export function planVolumes(
  restored: readonly RestoredVolume[],
  recorded: ReadonlyMap<string, RecordedVolume>,
  wishes: VolumeWishes,
  missing: Missing,
): readonly LaunchVolume[] {
  const wishOf = wishesByDevice(wishes.volumes ?? [], restored);
  const { recordedRoot } = wishes;
  if (recordedRoot !== '' && !restored.some(({ device }) => device === recordedRoot)) {
    throw noRoot(recordedRoot);
  }
  const planned = restored.map((volume) => {
    const { device } = volume;
    return launchVolume(volume, recorded.get(device), wishOf.get(device) ?? { device }, {
      wishes,
      missing,
    });
  });
  const twice = planned.find(
    (one, at) => planned.findIndex((two) => two.device === one.device) < at,
  );
  if (twice !== undefined) throw taken(twice.device);
  return planned;
}

/** @throws INVALID_ARGUMENT for a device that is not restored, or is named twice */
function wishesByDevice(
  wishes: readonly LaunchVolumeWishes[],
  restored: readonly RestoredVolume[],
): ReadonlyMap<DeviceName, LaunchVolumeWishes> {
  const byDevice = new Map(wishes.map((wish) => [wish.device, wish]));
  const devices = restored.map(({ device }) => device);
  const unknown = [...byDevice.keys()].find((device) => !devices.includes(device));
  if (unknown !== undefined) throw noVolume(unknown, devices);
  if (byDevice.size < wishes.length) {
    throw new SnapledgerError('INVALID_ARGUMENT', 'a volume of the launch is described twice', {
      remedy: 'Say all that is to change of a volume in one description.',
    });
  }
  return byDevice;
}

function launchVolume(
  { device: source, sizeBytes }: RestoredVolume,
  recorded: RecordedVolume | undefined,
  wish: LaunchVolumeWishes,
  { wishes, missing }: { readonly wishes: VolumeWishes; readonly missing: Missing },
): LaunchVolume {
  const device = wish.newDevice ?? source;
  const said = wish.volumeType ?? wishes.volumeType ?? null;
  const volumeType = missing.need(
    said ?? recorded?.volumeType ?? null,
    `the type of its volume ${source}`,
    '--volume-type',
  );
  const asRecorded = said === null ? recorded : undefined;
  // What cannot be chosen of a type follows from its size.
  const iops = wish.iops ?? (takesIops(volumeType) ? (asRecorded?.iops ?? null) : null);
  const throughput =
    wish.throughput ?? (takesThroughput(volumeType) ? (asRecorded?.throughput ?? null) : null);
  if (needsIops(volumeType) && iops === null) {
    missing.need(null, `the IOPS of its volume ${source}`, `--volume-setting ${source}:iops=COUNT`);
  }
  const { sizeGib = null } = wish;
  if (sizeGib !== null && sizeGib * bytesPerGib < sizeBytes) throw tooSmall(source, sizeBytes);
  if (volumeType !== '' && (said !== null || sizeGib !== null)) {
    const grownBytes = sizeGib === null ? sizeBytes : sizeGib * bytesPerGib;
    checkVolumeType(volumeType, [{ device: source, sizeBytes: grownBytes }]);
    if (source === wishes.recordedRoot && !bootsInstances(volumeType)) throw noBoot(volumeType);
  }
  // Of an unknown type it is said what is missing.
  if (volumeType !== '') checkSettings(source, volumeType, wish);
  return {
    source,
    device,
    sizeGib,
    volumeType,
    iops,
    throughput,
    deleteOnTermination:
      wish.onTermination === undefined
        ? (recorded?.deleteOnTermination ?? false)
        : wish.onTermination === 'delete',
  };
}

/** @throws INVALID_ARGUMENT for what its type does not have */
function checkSettings(
  device: string,
  volumeType: string,
  { iops, throughput }: LaunchVolumeWishes,
): void {
  const [name, types] =
    iops !== undefined && !takesIops(volumeType)
      ? ['a number of IOPS', 'gp3, io1 and io2 have']
      : throughput !== undefined && !takesThroughput(volumeType)
        ? ['a throughput', 'gp3 has']
        : [];
  if (name === undefined) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${name} is said of the volume ${device} of type ${volumeType}, of which it follows from the size`,
    { remedy: `Leave it out, or name another type: ${types} one that can be chosen.` },
  );
}

function noRoot(device: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the root device ${device} is not among the volumes to restore`,
    { remedy: "Restore it too; or restore to volumes ('--to-volumes')." },
  );
}

function noBoot(volumeType: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the root would be of type ${volumeType}, of which EC2 boots no instance`,
    { remedy: "Name another type ('--volume-type'); EC2 can change the type of a volume later." },
  );
}

function tooSmall(device: string, sizeBytes: number): SnapledgerError {
  const sizeGib = Math.ceil(sizeBytes / bytesPerGib);
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the volume ${device} has ${sizeGib} GiB, and is not made smaller`,
    { remedy: `Give it ${sizeGib} GiB or more; its file system is yours to grow.` },
  );
}

function noVolume(device: string, devices: readonly string[]): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `something is said of the volume ${device}, which is not among the volumes to restore`,
    { remedy: `Name one of them: ${devices.join(', ')}.` },
  );
}

function taken(device: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `two volumes would have the device ${device}`, {
    remedy: 'Give one of them another device.',
  });
}
