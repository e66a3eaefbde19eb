import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SnapshotId } from '../../../domain/identifiers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { syncFolder } from '../state/durable-file.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { removeResource } from '../state/resource-folder.ts';
import { listResources } from '../state/resource-list.ts';
import { stateError } from '../state/state-error.ts';
import { holdsAnyOf, listSnapshots } from './snapshot-catalogue.ts';
import { setFileName } from './snapshot-set-record.ts';

/**
 * Deletes one snapshot, and its set with the last one; fine when it is gone already. The image
 * goes first: a snapshot exists as long as that file does.
 *
 * @throws CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE
 */
export async function deleteSnapshot(
  context: LocalCloudContext,
  snapshotId: SnapshotId,
): Promise<void> {
  const all = await listSnapshots(context.folders.snapshots, holdsAnyOf([snapshotId]));
  const snapshot = all.find((one) => one.snapshotId === snapshotId);
  if (snapshot === undefined) return;
  try {
    await rm(snapshot.imagePath, { force: true });
    await syncFolder(path.dirname(snapshot.imagePath));
  } catch (error) {
    // Another process removed the last of the set, and the folder with it.
    if (hasErrno(error, 'ENOENT')) return;
    throw stateError(error, `delete ${snapshot.imagePath}`);
  }
  await removeLeftovers(context, snapshot.set.setId);
}

/** Finishes the deletions that dead processes had begun. */
export async function finishDeletions(context: LocalCloudContext): Promise<void> {
  for (const setId of await listResources(context.folders.snapshots)) {
    await removeLeftovers(context, setId);
  }
}

/** Removes tables without an image, and the whole set when it has no image left. */
async function removeLeftovers(context: LocalCloudContext, setId: string): Promise<void> {
  const parent = context.folders.snapshots;
  const folder = path.join(parent, setId);
  try {
    const files = await readdir(folder);
    // Not one of ours, or damaged: nothing here that may be removed without being asked to.
    if (!files.includes(setFileName)) return;
    if (!files.some((file) => file.endsWith('.img'))) {
      await removeResource({ parent, name: setId }, context.partials);
      return;
    }
    for (const file of files) {
      const image = file.replace(/\.digests$/, '.img');
      if (!files.includes(image) && image !== file) {
        await rm(path.join(folder, file), { force: true });
      }
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return;
    throw stateError(error, `remove what is left of deleted snapshots in ${folder}`);
  }
}
