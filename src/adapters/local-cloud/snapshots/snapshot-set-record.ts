import path from 'node:path';
import type {
  DeviceName,
  InstanceId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import { devicePattern, namePattern, snapshotIdPattern, volumeIdPattern } from '../local-ids.ts';
import { formatOwner, parseOwner } from '../state/owner-field.ts';
import { listFiles } from '../state/owner-marker.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState } from '../state/state-file.ts';

export const setFileName = 'set.json';
const recordVersion = 1;

/** How a disk came into the set: a clone that shares its blocks, or a copy of its content. */
export type CaptureMethod = 'reflink' | 'copy';

/** What is stored of a snapshot set; never changed after the set was made. */
export interface SnapshotSetRecord {
  readonly setId: SnapshotSetId;
  readonly owner: ResourceOwner;
  readonly instanceId: InstanceId;
  readonly startedAt: TimestampMs;
  readonly snapshots: readonly SnapshotRecord[];
}

export interface SnapshotRecord {
  readonly snapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly method: CaptureMethod;
  /** The snapshot of the same volume that knew which blocks were present before. */
  readonly parent: SnapshotId | null;
}

export function imageNameOf(snapshotId: SnapshotId): string {
  return `${snapshotId}.img`;
}

export function tableNameOf(snapshotId: SnapshotId): string {
  return `${snapshotId}.digests`;
}

export function formatSetRecord(record: SnapshotSetRecord): string {
  const { owner, ...rest } = record;
  return formatState({ version: recordVersion, ...rest, owner: formatOwner(owner) });
}

/**
 * A set with those of its snapshots that still exist; null when there is no such set. A snapshot
 * exists as long as its image does: removing that one file is what deletes it.
 *
 * @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE
 */
export async function readSet(
  snapshotsFolder: string,
  setId: string,
): Promise<SnapshotSetRecord | null> {
  const place = { parent: snapshotsFolder, name: setId };
  const record = await readResource(place, setFileName, (fields) => {
    fields.requireVersion(recordVersion);
    return {
      setId: fields.string('setId', namePattern) as SnapshotSetId,
      owner: parseOwner(fields.record('owner')),
      instanceId: fields.string('instanceId', namePattern) as InstanceId,
      startedAt: fields.integer('startedAt') as TimestampMs,
      snapshots: fields.records('snapshots').map((snapshot) => ({
        snapshotId: snapshot.string('snapshotId', snapshotIdPattern) as SnapshotId,
        volumeId: snapshot.string('volumeId', volumeIdPattern) as VolumeId,
        device: snapshot.string('device', devicePattern) as DeviceName,
        sizeBytes: snapshot.integer('sizeBytes'),
        method: snapshot.oneOf('method', ['reflink', 'copy']),
        parent: snapshot.optionalString('parent', snapshotIdPattern) as SnapshotId | null,
      })),
    };
  });
  if (record === null) return null;
  const files = await listFiles(path.join(snapshotsFolder, setId));
  const snapshots = record.snapshots.filter((one) => files.has(imageNameOf(one.snapshotId)));
  return { ...record, snapshots };
}
