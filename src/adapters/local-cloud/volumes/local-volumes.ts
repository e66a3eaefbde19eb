import { link, stat } from 'node:fs/promises';
import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { VolumeId, WorkerId } from '../../../domain/identifiers.ts';
import type {
  TemporaryVolume,
  TemporaryVolumeRequest,
  Volumes,
} from '../../../ports/cloud/volumes.ts';
import type { Workers } from '../../../ports/cloud/workers.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { namePattern, volumeIdOfToken } from '../local-ids.ts';
import { requireSnapshot, snapshotNotFoundError } from '../snapshots/snapshot-catalogue.ts';
import { corruptStateError } from '../state/corrupt-state-error.ts';
import { writeNewFile } from '../state/durable-file.ts';
import { hasErrno } from '../../../platform/errno.ts';
import { unlessDamagedOfOther, writeOwnerMarker } from '../state/owner-marker.ts';
import { createResource, removeResource } from '../state/resource-folder.ts';
import { listResources } from '../state/resource-list.ts';
import { stateError } from '../state/state-error.ts';
import { claimVolume, linkDevice, readAttachment, unlinkDevice } from './attachment.ts';
import { formatVolumeRecord, readVolumeRecord, volumeFiles } from './volume-record.ts';

/**
 * Temporary volumes. One is a hard link to the immutable image of its snapshot: made at once
 * whatever its size, and read-only, because nothing that reads it for a backup may write it.
 */
export function createLocalVolumes(context: LocalCloudContext, workers: Workers): Volumes {
  const { volumes } = context.folders;
  return {
    async create(request) {
      const volumeId = volumeIdOfToken(request.clientToken);
      const known = await describe(context, volumeId);
      if (known !== null) return requireSame(known, request);
      await createVolume(context, volumeId, request);
      const created = await describe(context, volumeId);
      if (created === null) throw volumeNotFound(volumeId);
      return requireSame(created, request);
    },
    async attach(volumeId, workerId) {
      if ((await readVolumeRecord(volumes, volumeId)) === null) throw volumeNotFound(volumeId);
      await requireWorker(workers, workerId);
      try {
        await claimVolume(context, volumeId, workerId);
        await linkDevice(context, volumeId, workerId);
      } catch (error) {
        if (!hasErrno(error, 'ENOENT')) throw stateError(error, `attach ${volumeId}`);
        // One of the two vanished meanwhile.
        await requireWorker(workers, workerId);
        throw volumeNotFound(volumeId);
      }
    },
    async find({ sessionId }) {
      const found: TemporaryVolume[] = [];
      for (const name of await listResources(volumes)) {
        const volume = await unlessDamagedOfOther(path.join(volumes, name), sessionId, () =>
          describe(context, name),
        );
        if (volume?.owner.sessionId === sessionId) found.push(volume);
      }
      return found;
    },
    async delete(volumeId) {
      if (!namePattern.test(volumeId)) return;
      try {
        await unlinkDevice(context, volumeId);
      } catch (error) {
        throw stateError(error, `detach ${volumeId}`);
      }
      await removeResource({ parent: volumes, name: volumeId }, context.partials);
    },
  };
}

async function createVolume(
  context: LocalCloudContext,
  volumeId: VolumeId,
  { snapshotId, owner }: TemporaryVolumeRequest,
): Promise<void> {
  const parent = context.folders.volumes;
  if ((await listResources(parent)).length >= localCloudLimits.temporaryVolumesMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `${localCloudLimits.temporaryVolumesMax} temporary volumes exist already`,
      { retry: 'retryable', remedy: 'Wait until other sessions have ended.' },
    );
  }
  const snapshot = await requireSnapshot(context.folders.snapshots, snapshotId);
  await createResource({ parent, name: volumeId }, context.partials, async (folder) => {
    const image = path.join(folder, volumeFiles.image);
    try {
      await link(snapshot.imagePath, image);
    } catch (error) {
      throw hasErrno(error, 'ENOENT') ? snapshotNotFoundError(snapshotId) : error;
    }
    const { size } = await stat(image);
    if (size !== snapshot.sizeBytes) {
      throw corruptStateError(
        snapshot.imagePath,
        `is ${size} bytes long, and its snapshot was of ${snapshot.sizeBytes}`,
      );
    }
    const record = formatVolumeRecord({ volumeId, snapshotId, owner });
    await writeNewFile(path.join(folder, volumeFiles.record), record);
    await writeOwnerMarker(folder, owner);
  });
}

async function describe(
  context: LocalCloudContext,
  volumeId: string,
): Promise<TemporaryVolume | null> {
  const record = await readVolumeRecord(context.folders.volumes, volumeId);
  if (record === null) return null;
  return { ...record, attachedTo: await readAttachment(context, record.volumeId) };
}

function requireSame(
  volume: TemporaryVolume,
  { snapshotId, clientToken }: TemporaryVolumeRequest,
): TemporaryVolume {
  if (volume.snapshotId === snapshotId) return volume;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the client token ${clientToken} made a volume of ${volume.snapshotId}, not of ${snapshotId}`,
    { remedy: 'Use a client token of its own for each volume.' },
  );
}

async function requireWorker(workers: Workers, workerId: WorkerId): Promise<void> {
  const worker = await workers.describe(workerId);
  if (worker !== null && worker.state !== 'gone') return;
  throw new SnapledgerError('WORKER_NOT_FOUND', `there is no worker ${workerId}, or it has ended`, {
    remedy: 'Launch another worker.',
    details: { workerId },
  });
}

function volumeNotFound(volumeId: VolumeId): SnapledgerError {
  return new SnapledgerError('VOLUME_NOT_FOUND', `there is no temporary volume ${volumeId}`, {
    remedy: 'It was deleted; create it again from its snapshot.',
    details: { volumeId },
  });
}
