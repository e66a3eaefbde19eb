import { stat } from 'node:fs/promises';
import type { SnapshotId, VolumeId } from '../../../domain/identifiers.ts';
import { DigestTableReader } from '../changed-blocks/digest-table-reader.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';
import { listSnapshotsOfVolume, type StoredSnapshot } from './snapshot-catalogue.ts';

/** The snapshot from which a new one of the same volume inherits what is present. */
export interface ParentTable {
  readonly snapshotId: SnapshotId;
  readonly table: DigestTableReader;
}

/**
 * Opens the table of the newest snapshot of the volume that still exists; null when there is
 * none. Whoever opens it closes `table`.
 *
 * @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE
 */
export async function openParentTable(
  snapshotsFolder: string,
  volumeId: VolumeId,
): Promise<ParentTable | null> {
  for (const snapshot of await listSnapshotsOfVolume(snapshotsFolder, volumeId)) {
    const table = await openTable(snapshot);
    if (table !== null) return { snapshotId: snapshot.snapshotId, table };
  }
  return null;
}

/**
 * The table of a snapshot; null when the snapshot was deleted meanwhile.
 *
 * @throws CLOUD_STATE_CORRUPT when only the table is gone, or is damaged.
 */
export async function openTable(snapshot: StoredSnapshot): Promise<DigestTableReader | null> {
  const table = await DigestTableReader.open(snapshot.tablePath, snapshot.sizeBytes);
  if (table !== null) return table;
  try {
    await stat(snapshot.imagePath);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw stateError(error, `look for ${snapshot.imagePath}`);
  }
  throw corruptStateError(snapshot.tablePath, 'is missing, and the image of its snapshot is there');
}
