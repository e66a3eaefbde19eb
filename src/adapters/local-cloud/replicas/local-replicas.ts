import path from 'node:path';
import type { Region } from '../../../domain/identifiers.ts';
import type { Replicas, ReplicaDescription } from '../../../ports/cloud/replicas.ts';
import type { LocalCloudContext } from '../local-cloud-context.ts';
import { snapshotIdPattern } from '../local-ids.ts';
import { listFiles, unlessDamagedOfOther } from '../state/owner-marker.ts';
import { removeResource } from '../state/resource-folder.ts';
import { copySnapshot, regionFolder } from './copy-snapshot.ts';
import { readReplicaRecord, replicaFiles, type ReplicaRecord } from './replica-record.ts';

/**
 * Copies of snapshots in the other regions of a local cloud: folders beside the snapshots, complete
 * as soon as they can be seen. A copy whose image is gone is told as `error`.
 */
export function createLocalReplicas(context: LocalCloudContext): Replicas {
  const { regions } = context.folders;
  return {
    async copy(request) {
      const record = await copySnapshot(context, request);
      return describe(request.target.region, record, 'present');
    },
    async find(region, { sessionId }) {
      const folder = regionFolder(regions, region);
      const found: ReplicaDescription[] = [];
      for (const name of [...(await listFiles(folder))].filter(isCopy).sort()) {
        const replica = await unlessDamagedOfOther(path.join(folder, name), sessionId, () =>
          read(folder, region, name),
        );
        if (replica?.owner.sessionId === sessionId) found.push(replica);
      }
      return found;
    },
    async describe(region, snapshotIds) {
      const folder = regionFolder(regions, region);
      const found: ReplicaDescription[] = [];
      for (const snapshotId of snapshotIds) {
        const replica = await read(folder, region, snapshotId);
        if (replica !== null) found.push(replica);
      }
      return found;
    },
    async delete(region, snapshotId) {
      if (!isCopy(snapshotId)) return;
      const parent = regionFolder(regions, region);
      if (!(await listFiles(parent)).has(snapshotId)) return;
      await removeResource({ parent, name: snapshotId }, context.partials);
    },
    // Nobody else reads anything here.
    releaseSources: () => Promise.resolve(),
  };
}

async function read(
  folder: string,
  region: Region,
  snapshotId: string,
): Promise<ReplicaDescription | null> {
  const record = await readReplicaRecord(folder, snapshotId);
  if (record === null) return null;
  const files = await listFiles(path.join(folder, snapshotId));
  // Removed since its record was read.
  if (files.size === 0) return null;
  return describe(region, record, files.has(replicaFiles.image) ? 'present' : 'missing');
}

function describe(
  region: Region,
  record: ReplicaRecord,
  image: 'present' | 'missing',
): ReplicaDescription {
  return {
    ...record,
    target: { region, keyId: null, account: null },
    state: image === 'present' ? 'completed' : 'error',
    stateMessage: image === 'present' ? '' : 'its image is gone',
  };
}

function isCopy(name: string): boolean {
  return snapshotIdPattern.test(name);
}
