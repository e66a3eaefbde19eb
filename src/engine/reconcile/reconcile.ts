import type { CloudInventory, UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import {
  performReconciliation,
  type ReconciledCloud,
  type ReconciledItem,
} from './perform-reconciliation.ts';
import { planReconciliation, type ReconciledSession } from './plan-reconciliation.ts';

/** A region of a cloud that can tell what it has of a repository. */
export interface ReconcilableRegion extends ReconciledCloud {
  readonly inventory: CloudInventory;
}

export interface Reconciliation {
  readonly items: readonly ReconciledItem[];
  /** Never touched. */
  readonly untrusted: readonly UntrustedResource[];
}

/**
 * Compares what a region has of the repository with the ledger.
 *
 * @param mode `plan`: nothing is removed
 */
export async function reconcile(
  directory: SessionDirectory,
  region: ReconcilableRegion,
  mode: 'plan' | 'remove',
): Promise<Reconciliation> {
  // Before the inventory: see planReconciliation.
  const sessions = await backupSessions(directory);
  const { items, untrusted } = await region.inventory.list();
  const plan = planReconciliation(items, sessions);
  if (mode === 'plan') return { items: plan.map((one) => ({ ...one, problem: null })), untrusted };
  return { items: await performReconciliation(region, plan), untrusted };
}

async function backupSessions(directory: SessionDirectory): Promise<readonly ReconciledSession[]> {
  const backups: ReconciledSession[] = [];
  for (const { sessionId } of await directory.entries({})) {
    const state = await directory.stateOf(sessionId);
    if (!('snapshotSet' in state)) continue;
    const { status, snapshotSet, replicas, removed } = state;
    backups.push({ sessionId, status, snapshotSet, replicas, removed });
  }
  return backups;
}
