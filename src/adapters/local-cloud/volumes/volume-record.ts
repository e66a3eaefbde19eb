import type { SnapshotId, VolumeId } from '../../../domain/identifiers.ts';
import type { ResourceOwner } from '../../../ports/cloud/resource-owner.ts';
import { snapshotIdPattern, volumeIdPattern } from '../local-ids.ts';
import { formatOwner, parseOwner } from '../state/owner-field.ts';
import { readResource } from '../state/resource-file.ts';
import { formatState } from '../state/state-file.ts';

export const volumeFiles = {
  record: 'volume.json',
  /** A hard link to the snapshot's image; stays readable when the snapshot is deleted. */
  image: 'image',
  /** A link whose target is the id of the worker; absent while it is attached to none. */
  attachedTo: 'attached-to',
} as const;

const recordVersion = 1;

/** What is stored of a temporary volume; never changed after it was made. */
export interface VolumeRecord {
  readonly volumeId: VolumeId;
  readonly snapshotId: SnapshotId;
  readonly owner: ResourceOwner;
}

export function formatVolumeRecord({ owner, ...rest }: VolumeRecord): string {
  return formatState({ version: recordVersion, ...rest, owner: formatOwner(owner) });
}

/** Null when there is no such volume. @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export function readVolumeRecord(
  volumesFolder: string,
  volumeId: string,
): Promise<VolumeRecord | null> {
  const place = { parent: volumesFolder, name: volumeId };
  return readResource(place, volumeFiles.record, (record) => {
    record.requireVersion(recordVersion);
    return {
      volumeId: record.string('volumeId', volumeIdPattern) as VolumeId,
      snapshotId: record.string('snapshotId', snapshotIdPattern) as SnapshotId,
      owner: parseOwner(record.record('owner')),
    };
  });
}
