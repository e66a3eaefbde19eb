import type { DeviceName, InstanceId, VolumeId } from '../../../domain/identifiers.ts';
import { devicePattern, namePattern, volumeIdPattern } from '../local-ids.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState } from '../state/state-file.ts';

export const instanceFileName = 'instance.json';
const recordVersion = 1;

/** What is stored of an instance. The first of its volumes is its root. */
export interface InstanceRecord {
  readonly instanceId: InstanceId;
  readonly volumes: readonly VolumeRecord[];
}

export interface VolumeRecord {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  /** Absolute. */
  readonly imagePath: string;
  /** As it was when the instance was added; a disk may grow. */
  readonly sizeAtAddBytes: number;
}

export function formatInstanceRecord(record: InstanceRecord): string {
  return formatState({ version: recordVersion, ...record });
}

/** Null when there is no such instance. @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export function readInstanceRecord(
  instancesFolder: string,
  instanceId: string,
): Promise<InstanceRecord | null> {
  const place = { parent: instancesFolder, name: instanceId };
  return readResource(place, instanceFileName, (record) => {
    record.requireVersion(recordVersion);
    return {
      instanceId: record.string('instanceId', namePattern) as InstanceId,
      volumes: record.records('volumes').map((volume) => ({
        volumeId: volume.string('volumeId', volumeIdPattern) as VolumeId,
        device: volume.string('device', devicePattern) as DeviceName,
        imagePath: volume.string('imagePath', /^\//),
        sizeAtAddBytes: volume.integer('sizeAtAddBytes'),
      })),
    };
  });
}
