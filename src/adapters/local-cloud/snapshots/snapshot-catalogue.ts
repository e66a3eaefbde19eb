import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../domain/identifiers.ts';
import { listResources } from '../state/resource-list.ts';
import {
  imageNameOf,
  readSet,
  type SnapshotRecord,
  type SnapshotSetRecord,
  tableNameOf,
} from './snapshot-set-record.ts';

/** A snapshot that exists, with the set that it belongs to and its files. */
export interface StoredSnapshot extends SnapshotRecord {
  readonly set: SnapshotSetRecord;
  readonly imagePath: string;
  readonly tablePath: string;
}

/** All snapshots that exist, oldest first. @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export async function listSnapshots(snapshotsFolder: string): Promise<readonly StoredSnapshot[]> {
  const found: StoredSnapshot[] = [];
  for (const setId of await listResources(snapshotsFolder)) {
    const set = await readSet(snapshotsFolder, setId);
    for (const snapshot of set?.snapshots ?? []) {
      if (set !== null) found.push(storedSnapshot(snapshotsFolder, set, snapshot));
    }
  }
  return found.sort(
    (a, b) =>
      a.set.startedAt - b.set.startedAt ||
      compareText(a.set.setId, b.set.setId) ||
      compareText(a.device, b.device),
  );
}

/** @throws SNAPSHOT_NOT_FOUND, CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export async function requireSnapshot(
  snapshotsFolder: string,
  snapshotId: SnapshotId,
): Promise<StoredSnapshot> {
  const all = await listSnapshots(snapshotsFolder);
  const found = all.find((snapshot) => snapshot.snapshotId === snapshotId);
  if (found === undefined) throw snapshotNotFoundError(snapshotId);
  return found;
}

/** The snapshots of one volume, newest first. */
export async function listSnapshotsOfVolume(
  snapshotsFolder: string,
  volumeId: VolumeId,
): Promise<readonly StoredSnapshot[]> {
  const all = await listSnapshots(snapshotsFolder);
  return all.filter((snapshot) => snapshot.volumeId === volumeId).reverse();
}

export function snapshotNotFoundError(snapshotId: SnapshotId): SnapledgerError {
  return new SnapledgerError('SNAPSHOT_NOT_FOUND', `there is no snapshot ${snapshotId}`, {
    remedy: 'It was deleted; use another snapshot of the volume, or read the volume in full.',
    details: { snapshotId },
  });
}

function storedSnapshot(
  snapshotsFolder: string,
  set: SnapshotSetRecord,
  snapshot: SnapshotRecord,
): StoredSnapshot {
  const folder = path.join(snapshotsFolder, set.setId);
  return {
    ...snapshot,
    set,
    imagePath: path.join(folder, imageNameOf(snapshot.snapshotId)),
    tablePath: path.join(folder, tableNameOf(snapshot.snapshotId)),
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
