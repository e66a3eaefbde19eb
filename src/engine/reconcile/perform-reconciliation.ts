import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { InventoryItem } from '../../ports/cloud/inventory.ts';
import type { RemovedRemnant } from '../../ports/cloud/volume-restores.ts';
import { assert } from '../../domain/errors/assert.ts';
import { accountIn } from '../cloud-account.ts';
import { problemOf } from '../problem-of.ts';
import type { PlannedItem } from './plan-reconciliation.ts';
import type { ReconciledCloud } from './reconcilable-region.ts';

export interface ReconciledItem extends PlannedItem {
  /** Why it could not be adopted or removed; null when it was, or was kept. */
  readonly problem: Problem | null;
}

/** Workers first: a volume that a living worker reads would stay in use. */
const order: Readonly<Record<InventoryItem['kind'], number>> = {
  worker: 0,
  volume: 1,
  shared: 2,
  snapshot: 3,
  replica: 4,
  restore: 5,
  kept: 6,
};

/**
 * Removes what the plan says is to go. What cannot be removed stops nothing else. Idempotent.
 *
 * @throws the signal's reason, before the next removal
 */
export async function performReconciliation(
  cloud: ReconciledCloud,
  plan: readonly (PlannedItem & Partial<ReconciledItem>)[],
  signal: AbortSignal,
): Promise<readonly ReconciledItem[]> {
  const done: ReconciledItem[] = [];
  for (const planned of plan.toSorted((a, b) => order[a.item.kind] - order[b.item.kind])) {
    signal.throwIfAborted();
    done.push(await performed(cloud, planned));
  }
  return done;
}

async function performed(
  cloud: ReconciledCloud,
  planned: PlannedItem & Partial<ReconciledItem>,
): Promise<ReconciledItem> {
  const { problem = null } = planned;
  if (planned.decision.action !== 'remove') return { ...planned, problem };
  try {
    if ((await remove(cloud, planned.item)) === 'removed') return { ...planned, problem: null };
    return { ...planned, decision: { action: 'keep', reason: 'in-use' }, problem: null };
  } catch (error) {
    return { ...planned, problem: problemOf(error) };
  }
}

async function remove(cloud: ReconciledCloud, item: InventoryItem): Promise<RemovedRemnant> {
  switch (item.kind) {
    case 'worker':
      await cloud.workers.terminate(item.worker.workerId);
      return 'removed';
    case 'volume':
      return cloud.volumes.deleteFree(item.volume.volumeId);
    case 'snapshot':
      await cloud.snapshots.delete(item.snapshot.snapshotId);
      return 'removed';
    case 'replica':
      await cloud.replicas.delete(cloud.region, item.replica.snapshotId);
      return 'removed';
    case 'shared':
      await accountIn(cloud, item.account).replicas.releaseSources([item.snapshot.snapshotId]);
      return 'removed';
    case 'restore':
      assert(cloud.volumeRestores !== null, 'what restores have made is listed where it is made');
      return cloud.volumeRestores.remove(cloud.region, item.remnant);
    case 'kept':
      // Never planned to go.
      return 'in-use';
  }
}
