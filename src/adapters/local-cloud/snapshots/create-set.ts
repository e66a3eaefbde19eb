import path from 'node:path';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SnapshotSetRequest } from '../../../ports/cloud/snapshots.ts';
import { openDisk } from '../instances/disk.ts';
import type { InstanceRecord, VolumeRecord } from '../instances/instance-record.ts';
import { requireInstance } from '../instances/local-instances.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { namePattern, newSnapshotId } from '../local-ids.ts';
import { writeNewFile } from '../state/durable-file.ts';
import { writeOwnerMarker } from '../state/owner-marker.ts';
import { createResource } from '../state/resource-folder.ts';
import { listResources } from '../state/resource-list.ts';
import { captureDisks, type CaptureOptions, type SnapshotCapture } from './capture-disks.ts';
import { openParentTable } from './snapshot-table.ts';
import {
  formatSetRecord,
  imageNameOf,
  setFileName,
  type SnapshotRecord,
  type SnapshotSetRecord,
  tableNameOf,
} from './snapshot-set-record.ts';

interface VolumeCapture extends SnapshotCapture {
  readonly volume: VolumeRecord;
  readonly snapshot: Pick<SnapshotRecord, 'snapshotId' | 'parent'>;
}

/**
 * Makes a snapshot set, whole or not at all; it is complete and durable when this resolves.
 *
 * @throws INVALID_ARGUMENT, LIMIT_EXCEEDED, as `Snapshots.createSet`, and the signal's reason
 */
export async function createSet(
  context: LocalCloudContext,
  request: SnapshotSetRequest,
  options: CaptureOptions,
): Promise<SnapshotSetRecord> {
  const { signal } = options;
  signal.throwIfAborted();
  const instance = await requireInstance(context, request.instanceId);
  const volumes = chooseVolumes(instance, request);
  await requireRoom(context, request);
  const { setId, owner, instanceId } = request;
  const creation = await createResource(
    { parent: context.folders.snapshots, name: setId },
    context.partials,
    async (folder) => {
      const startedAt = context.clock.now();
      const snapshots = await captureVolumes(context, volumes, folder, options);
      const record = { setId, owner, instanceId, startedAt, snapshots };
      await writeNewFile(path.join(folder, setFileName), formatSetRecord(record));
      await writeOwnerMarker(folder, owner);
      return record;
    },
  ).catch((error: unknown) => {
    // The reason may be any error, which came out as one of the folder that was being made.
    if (error instanceof Error && error.cause === signal.reason) signal.throwIfAborted();
    throw error;
  });
  if (creation.outcome === 'exists') throw setExistsError(setId);
  return creation.built;
}

async function captureVolumes(
  context: LocalCloudContext,
  volumes: readonly VolumeRecord[],
  folder: string,
  options: CaptureOptions,
): Promise<readonly SnapshotRecord[]> {
  const captures: VolumeCapture[] = [];
  try {
    for (const volume of volumes) captures.push(await openCapture(context, volume, folder));
    const captured = await captureDisks(captures, context, options);
    return captured
      .map(({ capture, method }) => ({
        ...capture.snapshot,
        volumeId: capture.volume.volumeId,
        device: capture.volume.device,
        sizeBytes: capture.disk.fingerprint.sizeBytes,
        method,
      }))
      .sort((a, b) => (a.device < b.device ? -1 : 1));
  } finally {
    await Promise.all(
      captures.map(async ({ disk, parent }) => {
        await disk.handle.close();
        await parent?.close();
      }),
    );
  }
}

async function openCapture(
  context: LocalCloudContext,
  volume: VolumeRecord,
  folder: string,
): Promise<VolumeCapture> {
  const snapshotId = newSnapshotId(context.random);
  const disk = await openDisk(volume.imagePath);
  try {
    const parent = await openParentTable(context.folders.snapshots, volume.volumeId);
    return {
      volume,
      disk,
      parent: parent?.table ?? null,
      snapshot: { snapshotId, parent: parent?.snapshotId ?? null },
      imagePath: path.join(folder, imageNameOf(snapshotId)),
      tablePath: path.join(folder, tableNameOf(snapshotId)),
    };
  } catch (error) {
    await disk.handle.close();
    throw error;
  }
}

function chooseVolumes(
  instance: InstanceRecord,
  { volumes }: SnapshotSetRequest,
): readonly VolumeRecord[] {
  if (volumes.length === 0 || new Set(volumes.map((one) => one.volumeId)).size < volumes.length) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `a snapshot set of ${instance.instanceId} names no volume, or one twice`,
      { remedy: 'Name each volume that belongs to the set once.' },
    );
  }
  return volumes.map(({ volumeId, device }) => {
    const found = instance.volumes.find(
      (volume) => volume.volumeId === volumeId && volume.device === device,
    );
    if (found !== undefined) return found;
    throw new SnapledgerError(
      'VOLUME_NOT_FOUND',
      `the instance ${instance.instanceId} has no volume ${volumeId} at ${device}`,
      {
        remedy: "The instance was removed and added anew: run 'snapledger backup INSTANCE' again.",
      },
    );
  });
}

async function requireRoom(
  { folders }: LocalCloudContext,
  { setId }: SnapshotSetRequest,
): Promise<void> {
  if (!namePattern.test(setId)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${setId}" cannot be the id of a snapshot set`);
  }
  const sets = await listResources(folders.snapshots);
  if (sets.includes(setId)) throw setExistsError(setId);
  if (sets.length >= localCloudLimits.snapshotSetsMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `a local cloud has at most ${localCloudLimits.snapshotSetsMax} snapshot sets`,
      { remedy: "Keep fewer: 'snapledger policy set INSTANCE --keep-snapshots N'." },
    );
  }
}

function setExistsError(setId: string): SnapledgerError {
  return new SnapledgerError('INVALID_ARGUMENT', `the snapshot set ${setId} exists already`, {
    remedy: 'Look the set up before it is taken again.',
    details: { setId },
  });
}
