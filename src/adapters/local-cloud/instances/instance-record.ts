import path from 'node:path';
import type { DeviceName, InstanceId, VolumeId } from '../../../domain/identifiers.ts';
import { devicePattern, namePattern, volumeIdPattern } from '../local-ids.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState } from '../state/state-file.ts';
import type { StateRecord } from '../state/state-record.ts';
import { formatTags, parseTags, type Tags } from './tags.ts';

export const instanceFileName = 'instance.json';
/** Version 1 had no tags. */
const recordVersion = 2;

/** What is stored of an instance. The first of its volumes is its root. */
export interface InstanceRecord {
  readonly instanceId: InstanceId;
  readonly tags: Tags;
  readonly volumes: readonly VolumeRecord[];
}

export interface VolumeRecord {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  /** Absolute. */
  readonly imagePath: string;
  /** As it was when the instance was added; a disk may grow. */
  readonly sizeAtAddBytes: number;
  readonly tags: Tags;
}

export function formatInstanceRecord({ tags, volumes, ...rest }: InstanceRecord): string {
  return formatState({
    version: recordVersion,
    ...rest,
    tags: formatTags(tags),
    volumes: volumes.map((volume) => ({ ...volume, tags: formatTags(volume.tags) })),
  });
}

/**
 * Null when there is no such instance.
 *
 * @throws CLOUD_STATE_CORRUPT, also when the record is that of another instance: taken for this one it
 *   would make this one gone and have its sets removed; STORE_UNAVAILABLE
 */
export async function readInstanceRecord(
  instancesFolder: string,
  instanceId: string,
): Promise<InstanceRecord | null> {
  const place = { parent: instancesFolder, name: instanceId };
  const found = await readResource(place, instanceFileName, (record) => {
    const version = record.version(1, recordVersion);
    const tagsOf = (tagged: StateRecord): Tags => (version === 1 ? {} : parseTags(tagged));
    return {
      instanceId: record.string('instanceId', namePattern) as InstanceId,
      tags: tagsOf(record),
      volumes: record.records('volumes').map((volume) => ({
        volumeId: volume.string('volumeId', volumeIdPattern) as VolumeId,
        device: volume.string('device', devicePattern) as DeviceName,
        imagePath: volume.string('imagePath', /^\//),
        sizeAtAddBytes: volume.integer('sizeAtAddBytes'),
        tags: tagsOf(volume),
      })),
    };
  });
  if (found === null || found.instanceId === instanceId) return found;
  const file = path.join(instancesFolder, instanceId, instanceFileName);
  throw corruptStateError(file, `is that of another instance, '${found.instanceId}'`);
}
