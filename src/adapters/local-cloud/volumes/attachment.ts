import { link, readlink, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { VolumeId, WorkerId } from '../../../domain/identifiers.ts';
import { namePattern } from '../local-ids.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { stateError } from '../state/state-error.ts';
import { readWorkerRecord, workerFiles } from '../workers/worker-folder.ts';
import { volumeFiles } from './volume-record.ts';

/** The worker that a volume is attached to, if that worker is still known. */
export async function readAttachment(
  { folders }: LocalCloudContext,
  volumeId: VolumeId,
): Promise<WorkerId | null> {
  const file = path.join(folders.volumes, volumeId, volumeFiles.attachedTo);
  let workerId: string;
  try {
    workerId = await readlink(file);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null;
    throw stateError(error, `read ${file}`);
  }
  if (!namePattern.test(workerId)) throw corruptStateError(file, 'does not name a worker');
  return (await readWorkerRecord(folders.workers, workerId))?.workerId ?? null;
}

/**
 * Says in the volume's folder which worker has it: only one can, as on EC2.
 *
 * @throws INVALID_ARGUMENT when another worker has it.
 */
export async function claimVolume(
  context: LocalCloudContext,
  volumeId: VolumeId,
  workerId: WorkerId,
): Promise<void> {
  const file = path.join(context.folders.volumes, volumeId, volumeFiles.attachedTo);
  const holder = await readAttachment(context, volumeId);
  if (holder === workerId) return;
  if (holder !== null) throw attachedElsewhere(volumeId, holder);
  try {
    // What is left names a worker that is gone.
    await rm(file, { force: true });
    await symlink(workerId, file);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
    const winner = await readlink(file);
    if (winner !== workerId) throw attachedElsewhere(volumeId, winner);
  }
}

/** Makes the volume's image appear among the worker's devices. */
export async function linkDevice(
  { folders }: LocalCloudContext,
  volumeId: VolumeId,
  workerId: WorkerId,
): Promise<void> {
  const image = path.join(folders.volumes, volumeId, volumeFiles.image);
  const device = devicePath(folders.workers, workerId, volumeId);
  try {
    await link(image, device);
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
    if ((await stat(image)).ino === (await stat(device)).ino) return;
    throw corruptStateError(device, 'is not the image of the volume that it is named after', error);
  }
}

export async function unlinkDevice(context: LocalCloudContext, volumeId: VolumeId): Promise<void> {
  const workerId = await readAttachment(context, volumeId);
  if (workerId === null) return;
  await rm(devicePath(context.folders.workers, workerId, volumeId), { force: true });
}

function devicePath(workersFolder: string, workerId: WorkerId, volumeId: VolumeId): string {
  return path.join(workersFolder, workerId, workerFiles.devices, volumeId);
}

function attachedElsewhere(volumeId: VolumeId, workerId: string): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    `the volume ${volumeId} is attached to the worker ${workerId}`,
    { remedy: 'Terminate that worker, or create another volume from the snapshot.' },
  );
}
