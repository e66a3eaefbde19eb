import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { InventoryItem } from '../../ports/cloud/inventory.ts';
import { problemOf } from '../problem-of.ts';
import type { PlannedItem } from './plan-reconciliation.ts';

/** What can remove things in its region. */
export type ReconciledCloud = Pick<
  Cloud,
  'region' | 'snapshots' | 'replicas' | 'volumes' | 'workers' | 'volumeRestores'
>;

export interface ReconciledItem extends PlannedItem {
  /** Why it could not be removed; null when it was, or was kept. */
  readonly problem: Problem | null;
}

/** Workers first: a volume that a living worker reads would stay in use. */
const order: Readonly<Record<InventoryItem['kind'], number>> = {
  worker: 0,
  volume: 1,
  snapshot: 2,
  replica: 3,
  restore: 4,
};

/** Removes what the plan says is to go. What cannot be removed stops nothing else. Idempotent. */
export async function performReconciliation(
  cloud: ReconciledCloud,
  plan: readonly PlannedItem[],
): Promise<readonly ReconciledItem[]> {
  const done: ReconciledItem[] = [];
  for (const planned of plan.toSorted((a, b) => order[a.item.kind] - order[b.item.kind])) {
    let problem: Problem | null = null;
    if (planned.decision.action === 'remove') {
      try {
        await remove(cloud, planned.item);
      } catch (error) {
        problem = problemOf(error);
      }
    }
    done.push({ ...planned, problem });
  }
  return done;
}

async function remove(cloud: ReconciledCloud, item: InventoryItem): Promise<void> {
  switch (item.kind) {
    case 'worker':
      await cloud.workers.terminate(item.worker.workerId);
      return;
    case 'volume':
      await cloud.volumes.delete(item.volume.volumeId);
      return;
    case 'snapshot':
      await cloud.snapshots.delete(item.snapshot.snapshotId);
      return;
    case 'replica':
      await cloud.replicas.delete(cloud.region, item.replica.snapshotId);
      return;
    case 'restore':
      await cloud.volumeRestores?.remove(item.remnant);
  }
}
