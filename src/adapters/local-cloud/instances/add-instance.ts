import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { DeviceName, InstanceId } from '../../../domain/identifiers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { devicePattern, namePattern, volumeIdOfDevice } from '../local-ids.ts';
import { writeNewFile } from '../state/durable-file.ts';
import { createResource } from '../state/resource-folder.ts';
import { listResources } from '../state/resource-list.ts';
import { inspectDisk } from './disk.ts';
import { requireTags, type Tags } from './tags.ts';
import {
  formatInstanceRecord,
  instanceFileName,
  type InstanceRecord,
  type VolumeRecord,
} from './instance-record.ts';

export interface AddInstanceRequest {
  /** `A-Z a-z 0-9 . _ -`, the first a letter or digit, 64 at most. */
  readonly instanceId: string;
  /** The first is the root. Image paths are taken from the working directory if relative. */
  readonly volumes: readonly AddVolume[];
  /** Default: none. */
  readonly tags?: Tags;
}

export interface AddVolume {
  /** `/dev/xvda` */
  readonly device: string;
  /** A raw image: a regular file with the content of the disk. */
  readonly imagePath: string;
  /** Default: none. */
  readonly tags?: Tags;
}

/**
 * Registers an instance. Nothing is stored unless all of its disks are sound.
 *
 * @throws INVALID_ARGUMENT, INSTANCE_EXISTS, DISK_MISSING, DISK_UNREADABLE, DISK_EMPTY,
 *   DISK_NOT_ALIGNED, LIMIT_EXCEEDED, STORE_FULL, STORE_UNAVAILABLE
 */
export async function addInstance(
  context: LocalCloudContext,
  request: AddInstanceRequest,
): Promise<InstanceRecord> {
  requireRequest(request);
  const parent = context.folders.instances;
  const known = await listResources(parent);
  if (known.includes(request.instanceId)) throw existsError(request.instanceId);
  if (known.length >= localCloudLimits.instancesMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `a local cloud has at most ${localCloudLimits.instancesMax} instances`,
      { remedy: "Use another vault for more: 'snapledger init --vault DIR' makes one." },
    );
  }
  const record: InstanceRecord = {
    instanceId: request.instanceId as InstanceId,
    tags: request.tags ?? {},
    volumes: await describeVolumes(request),
  };
  const creation = await createResource(
    { parent, name: request.instanceId },
    context.partials,
    (folder) => writeNewFile(path.join(folder, instanceFileName), formatInstanceRecord(record)),
  );
  if (creation.outcome === 'exists') throw existsError(request.instanceId);
  return record;
}

async function describeVolumes({
  instanceId,
  volumes,
}: AddInstanceRequest): Promise<readonly VolumeRecord[]> {
  const described: VolumeRecord[] = [];
  const seen = new Map<string, string>();
  for (const volume of volumes) {
    const imagePath = path.resolve(volume.imagePath);
    const disk = await inspectDisk(imagePath);
    // The file itself and not its path: links lead to one image by several paths.
    const file = `${disk.deviceNumber}:${disk.inode}`;
    const other = seen.get(file);
    if (other !== undefined) {
      throw new SnapledgerError(
        'INVALID_ARGUMENT',
        `the disk image ${imagePath} is given twice (the other time as ${other})`,
        { remedy: 'Give each device an image of its own.', details: { path: imagePath } },
      );
    }
    seen.set(file, imagePath);
    described.push({
      volumeId: volumeIdOfDevice(instanceId, volume.device),
      device: volume.device as DeviceName,
      imagePath,
      sizeAtAddBytes: disk.sizeBytes,
      tags: volume.tags ?? {},
    });
  }
  return described;
}

function requireRequest(request: AddInstanceRequest): void {
  const { instanceId, volumes } = request;
  const devices = volumes.map((volume) => volume.device);
  const twice = devices.find((device, index) => devices.indexOf(device) !== index);
  if (!namePattern.test(instanceId)) {
    throw invalid(
      `"${instanceId}" cannot be the id of an instance`,
      'Use 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or a digit.',
    );
  }
  if (volumes.length === 0 || volumes.length > localCloudLimits.volumesPerInstanceMax) {
    throw invalid(
      `the instance ${instanceId} has ${volumes.length} disks`,
      `Give 1 to ${localCloudLimits.volumesPerInstanceMax} disks, the root first.`,
    );
  }
  requireTags(request.tags ?? {});
  for (const { device, imagePath, tags = {} } of volumes) {
    requireTags(tags);
    if (!devicePattern.test(device)) {
      throw invalid(`"${device}" is not the name of a device`, 'Use a name such as /dev/xvda.');
    }
    if (imagePath === '' || imagePath.includes('\0')) {
      throw invalid(`the image of ${device} has no usable path`, 'Give the path of an image file.');
    }
  }
  if (twice !== undefined) {
    throw invalid(`the device ${twice} is given twice`, 'Give each disk a device of its own.');
  }
}

function invalid(message: string, remedy: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', message, { remedy });
}

function existsError(instanceId: string): SnapledgerError {
  return new SnapledgerError('INSTANCE_EXISTS', `the instance ${instanceId} exists already`, {
    remedy:
      "Choose another name ('snapledger instance list' shows those that are taken), or use it as it is.",
    details: { instanceId },
  });
}
