import { stat } from 'node:fs/promises';
import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../domain/identifiers.ts';
import { damagedTableError, DigestTableReader } from '../changed-blocks/digest-table-reader.ts';
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
 * none, or when that table is damaged: then the new table is built from the disk alone, and the
 * volume's history of presence is lost (blocks that are zero now and were present become absent).
 * Whoever opens it closes `table`.
 *
 * @throws STORE_UNAVAILABLE
 */
export async function openParentTable(
  snapshotsFolder: string,
  volumeId: VolumeId,
): Promise<ParentTable | null> {
  for (const snapshot of await listSnapshotsOfVolume(snapshotsFolder, volumeId)) {
    const table = await openUndamaged(snapshot);
    if (table === 'damaged') return null;
    if (table !== null) return { snapshotId: snapshot.snapshotId, table };
  }
  return null;
}

async function openUndamaged(
  snapshot: StoredSnapshot,
): Promise<DigestTableReader | 'damaged' | null> {
  try {
    return await openTable(snapshot);
  } catch (error) {
    if (hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) return 'damaged';
    throw error;
  }
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
  throw damagedTableError(snapshot.tablePath, 'is missing, and the image of its snapshot is there');
}
