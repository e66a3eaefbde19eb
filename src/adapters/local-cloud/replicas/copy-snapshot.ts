import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Region } from '../../../domain/identifiers.ts';
import type { ReplicaRequest } from '../../../ports/cloud/replicas.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { localCloudLimits } from '../local-cloud-limits.ts';
import { namePattern, newSnapshotId } from '../local-ids.ts';
import { requireSnapshot } from '../snapshots/snapshot-catalogue.ts';
import { syncFolder, writeNewFile } from '../state/durable-file.ts';
import { writeOwnerMarker } from '../state/owner-marker.ts';
import { createResource } from '../state/resource-folder.ts';
import { listResources } from '../state/resource-list.ts';
import { stateError } from '../state/state-error.ts';
import { copyImage } from './copy-image.ts';
import { formatReplicaRecord, replicaFiles, type ReplicaRecord } from './replica-record.ts';

/**
 * Copies a snapshot into the folder of a region, whole or not at all; the copy is complete and
 * durable when this resolves.
 *
 * @throws as `Replicas.copy`, CLOUD_STATE_CORRUPT, STORE_UNAVAILABLE
 */
export async function copySnapshot(
  context: LocalCloudContext,
  { replicaSetId, owner, target, sourceSnapshotId }: ReplicaRequest,
): Promise<ReplicaRecord> {
  if (target.keyId !== null) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `a local cloud has no keys: '${target.keyId}' cannot encrypt a copy`,
      { remedy: 'Name no key; protect the folder of the vault by other means.' },
    );
  }
  requireName(replicaSetId, 'a replica set');
  const parent = await openRegion(context, target.region);
  const source = await requireSnapshot(context.folders.snapshots, sourceSnapshotId);
  const record: ReplicaRecord = {
    snapshotId: newSnapshotId(context.random),
    replicaSetId,
    owner,
    sourceSnapshotId,
    volumeId: source.volumeId,
    device: source.device,
    sizeBytes: source.sizeBytes,
    startedAt: context.clock.now(),
  };
  const place = { parent, name: record.snapshotId };
  const creation = await createResource(place, context.partials, async (folder) => {
    await copyImage(source, path.join(folder, replicaFiles.image), context.scansOn);
    await writeNewFile(path.join(folder, replicaFiles.record), formatReplicaRecord(record));
    await writeOwnerMarker(folder, owner);
  });
  assert(creation.outcome === 'created', 'random ids of snapshots do not meet');
  return record;
}

/** The folder of a region, made if it is the first copy there. */
async function openRegion({ folders }: LocalCloudContext, region: Region): Promise<string> {
  const folder = regionFolder(folders.regions, region);
  try {
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) {
      await syncFolder(folders.regions);
    }
  } catch (error) {
    throw stateError(error, `make ${folder}`);
  }
  if ((await listResources(folder)).length >= localCloudLimits.replicaSnapshotsMax) {
    throw new SnapledgerError(
      'LIMIT_EXCEEDED',
      `the region ${region} has ${localCloudLimits.replicaSnapshotsMax} copies of snapshots`,
      { remedy: 'Keep fewer replicas: lower the numbers in the policies.' },
    );
  }
  return folder;
}

/** @throws INVALID_ARGUMENT when it cannot be the name of a region */
export function regionFolder(regionsFolder: string, region: Region): string {
  requireName(region, 'a region');
  return path.join(regionsFolder, region);
}

function requireName(name: string, what: string): void {
  if (namePattern.test(name)) return;
  throw new SnapledgerError('INVALID_ARGUMENT', `"${name}" cannot be the name of ${what}`, {
    remedy: 'Use at most 64 letters, digits, ".", "_" and "-", beginning with a letter or digit.',
  });
}
