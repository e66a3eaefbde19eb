import path from 'node:path';
import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId } from '../../../domain/identifiers.ts';
import { listFiles } from '../state/owner-marker.ts';
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

/**
 * The snapshots that exist, oldest first. Of a set that cannot be read only the names of its files
 * are known: `concerns` says whether it may hold what is asked for, which makes it an error. Any
 * other damaged set is left out, so that it stops nobody else.
 *
 * @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE
 */
export async function listSnapshots(
  snapshotsFolder: string,
  concerns: (files: ReadonlySet<string>) => boolean,
): Promise<readonly StoredSnapshot[]> {
  const found: StoredSnapshot[] = [];
  for (const setId of await listResources(snapshotsFolder)) {
    const set = await readSetUnless(snapshotsFolder, setId, concerns);
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

async function readSetUnless(
  snapshotsFolder: string,
  setId: string,
  concerns: (files: ReadonlySet<string>) => boolean,
): Promise<SnapshotSetRecord | null> {
  try {
    return await readSet(snapshotsFolder, setId);
  } catch (error) {
    if (!hasErrorCode(error, 'CLOUD_STATE_CORRUPT')) throw error;
    if (concerns(await listFiles(path.join(snapshotsFolder, setId)))) throw error;
    return null;
  }
}

/** For `listSnapshots`: what concerns whoever asks for snapshots by their ids. */
export function holdsAnyOf(
  snapshotIds: readonly SnapshotId[],
): (files: ReadonlySet<string>) => boolean {
  return (files) => snapshotIds.some((snapshotId) => files.has(imageNameOf(snapshotId)));
}

/** @throws SNAPSHOT_NOT_FOUND, CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE */
export async function requireSnapshot(
  snapshotsFolder: string,
  snapshotId: SnapshotId,
): Promise<StoredSnapshot> {
  const all = await listSnapshots(snapshotsFolder, holdsAnyOf([snapshotId]));
  const found = all.find((snapshot) => snapshot.snapshotId === snapshotId);
  if (found === undefined) throw snapshotNotFoundError(snapshotId);
  return found;
}

/** The snapshots of one volume, newest first; those of damaged sets are left out. */
export async function listSnapshotsOfVolume(
  snapshotsFolder: string,
  volumeId: VolumeId,
): Promise<readonly StoredSnapshot[]> {
  const all = await listSnapshots(snapshotsFolder, () => false);
  return all.filter((snapshot) => snapshot.volumeId === volumeId).reverse();
}

export function snapshotNotFoundError(snapshotId: SnapshotId): SnapledgerError {
  return new SnapledgerError('SNAPSHOT_NOT_FOUND', `there is no snapshot ${snapshotId}`, {
    remedy:
      "It was deleted: run 'snapledger backup INSTANCE' again; the volume is then read in full.",
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
