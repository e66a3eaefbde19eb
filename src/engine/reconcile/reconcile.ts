import type { UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { performReconciliation, type ReconciledItem } from './perform-reconciliation.ts';
import {
  planReconciliation,
  type ReconciledRestore,
  type ReconciledSession,
} from './plan-reconciliation.ts';
import type { ReconcilableRegion } from './reconcilable-region.ts';

export interface Reconciliation {
  readonly items: readonly ReconciledItem[];
  /** Never touched. */
  readonly untrusted: readonly UntrustedResource[];
}

/** `plan`: nothing is removed. */
export type ReconcileMode = 'plan' | 'remove';

/** Compares what a region has of the repository with the ledger. */
export async function reconcile(
  directory: SessionDirectory,
  region: ReconcilableRegion,
  mode: ReconcileMode,
): Promise<Reconciliation> {
  // Before the inventory: see planReconciliation.
  const { backups, restores } = await knownSessions(directory);
  const { items, untrusted } = await region.inventory.list();
  const plan = planReconciliation(items, backups, restores);
  if (mode === 'plan') return { items: plan.map((one) => ({ ...one, problem: null })), untrusted };
  return { items: await performReconciliation(region, plan), untrusted };
}

async function knownSessions(directory: SessionDirectory): Promise<{
  readonly backups: readonly ReconciledSession[];
  readonly restores: readonly ReconciledRestore[];
}> {
  const backups: ReconciledSession[] = [];
  const restores: ReconciledRestore[] = [];
  for (const { sessionId } of await directory.entries({})) {
    const state = await directory.stateOf(sessionId);
    if ('restored' in state) {
      const { status, restored, launched } = state;
      restores.push({ sessionId, status, restored, launched });
    }
    if (!('snapshotSet' in state)) continue;
    const { status, snapshotSet, replicas, removed } = state;
    backups.push({ sessionId, status, snapshotSet, replicas, removed });
  }
  return { backups, restores };
}
