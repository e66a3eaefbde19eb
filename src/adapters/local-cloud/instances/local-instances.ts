import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, Region } from '../../../domain/identifiers.ts';
import type {
  InstanceDescription,
  Instances,
  ReadableInstances,
} from '../../../ports/cloud/instances.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { listResources } from '../state/resource-list.ts';
import { inspectDisk } from './disk.ts';
import { type InstanceRecord, readInstanceRecord, type VolumeRecord } from './instance-record.ts';

/** The only region of a local cloud. */
export const localRegion = 'local' as Region;

/** What keeps one record from being read, be it damaged or not to be had: the others may be sound. */
const ofOneRecord = ['CLOUD_STATE_CORRUPT', 'STORE_UNAVAILABLE'] as const;

/**
 * The instances of a local cloud.
 *
 * `describe` reads the sizes of the disks anew and fails when one cannot be described. `readable` is
 * a register: a disk that cannot be described now is listed with the size that it had when it was
 * added, so that one broken disk does not hide all other instances.
 */
export function createLocalInstances(context: LocalCloudContext): Instances {
  const { instances } = context.folders;
  return {
    async describe(instanceId) {
      return describe(await requireInstance(context, instanceId), currentSizeBytes);
    },
    async readable() {
      const described: InstanceDescription[] = [];
      const unreadable: ReadableInstances['unreadable'][number][] = [];
      for (const name of await listResources(instances)) {
        try {
          const record = await readInstanceRecord(instances, name);
          // Null: removed since the folder was listed.
          if (record !== null) described.push(await describe(record, lastKnownSizeBytes));
        } catch (error) {
          if (!hasErrorCode(error, ...ofOneRecord)) throw error;
          unreadable.push({ instanceId: name as InstanceId, error });
        }
      }
      return { instances: described, unreadable };
    },
  };
}

/** @throws UNKNOWN_INSTANCE, CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export async function requireInstance(
  context: LocalCloudContext,
  instanceId: InstanceId,
): Promise<InstanceRecord> {
  const record = await readInstanceRecord(context.folders.instances, instanceId);
  if (record !== null) return record;
  throw new SnapledgerError('UNKNOWN_INSTANCE', `there is no instance '${instanceId}'`, {
    remedy: "'snapledger instance list' shows the instances, 'snapledger instance add' adds one.",
    details: { instanceId },
  });
}

/** How the cloud tells of a stored instance. `sizeOf` finds the size of each of its disks. */
async function describe(
  record: InstanceRecord,
  sizeOf: (volume: VolumeRecord) => Promise<number>,
): Promise<InstanceDescription> {
  const volumes = [];
  for (const [position, volume] of record.volumes.entries()) {
    volumes.push({
      volumeId: volume.volumeId,
      device: volume.device,
      sizeBytes: await sizeOf(volume),
      role: position === 0 ? ('root' as const) : ('data' as const),
      tags: volume.tags,
    });
  }
  return {
    instanceId: record.instanceId,
    region: localRegion,
    tags: record.tags,
    volumes: volumes.sort((a, b) => (a.device < b.device ? -1 : 1)),
    configuration: {
      cloud: 'local',
      volumes: record.volumes.map(({ volumeId, device, imagePath }) => ({
        volumeId,
        device,
        imagePath,
      })),
    },
  };
}

async function currentSizeBytes(volume: VolumeRecord): Promise<number> {
  return (await inspectDisk(volume.imagePath)).sizeBytes;
}

async function lastKnownSizeBytes(volume: VolumeRecord): Promise<number> {
  try {
    return await currentSizeBytes(volume);
  } catch (error) {
    const unusable = hasErrorCode(
      error,
      'DISK_MISSING',
      'DISK_UNREADABLE',
      'DISK_EMPTY',
      'DISK_NOT_ALIGNED',
      'LIMIT_EXCEEDED',
    );
    if (unusable) return volume.sizeAtAddBytes;
    throw error;
  }
}
