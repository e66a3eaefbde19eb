import type {
  DeviceName,
  ReplicaSetId,
  SnapshotId,
  TimestampMs,
  VolumeId,
} from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import { devicePattern, namePattern, snapshotIdPattern, volumeIdPattern } from '../local-ids.ts';
import { formatOwner, parseOwner } from '../state/owner-field.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState } from '../state/state-file.ts';

export const replicaFiles = { record: 'replica.json', image: 'image' } as const;

const recordVersion = 1;

/** What is stored of the copy of a snapshot; never changed after it was made. */
export interface ReplicaRecord {
  readonly snapshotId: SnapshotId;
  readonly replicaSetId: ReplicaSetId;
  readonly owner: ResourceOwner;
  readonly sourceSnapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly sizeBytes: number;
  readonly startedAt: TimestampMs;
}

export function formatReplicaRecord({ owner, ...rest }: ReplicaRecord): string {
  return formatState({ version: recordVersion, ...rest, owner: formatOwner(owner) });
}

/** Null when there is no such copy. @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export function readReplicaRecord(
  regionFolder: string,
  snapshotId: string,
): Promise<ReplicaRecord | null> {
  const place = { parent: regionFolder, name: snapshotId };
  return readResource(place, replicaFiles.record, (record) => {
    record.requireVersion(recordVersion);
    return {
      snapshotId: record.string('snapshotId', snapshotIdPattern) as SnapshotId,
      replicaSetId: record.string('replicaSetId', namePattern) as ReplicaSetId,
      owner: parseOwner(record.record('owner')),
      sourceSnapshotId: record.string('sourceSnapshotId', snapshotIdPattern) as SnapshotId,
      volumeId: record.string('volumeId', volumeIdPattern) as VolumeId,
      device: record.string('device', devicePattern) as DeviceName,
      sizeBytes: record.integer('sizeBytes'),
      startedAt: record.integer('startedAt') as TimestampMs,
    };
  });
}
