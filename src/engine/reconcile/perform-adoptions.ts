import type { AdoptedItems } from '../../domain/backup-session/adoption-events.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import { problemOf } from '../problem-of.ts';
import type { ReconciledItem } from './perform-reconciliation.ts';
import { itemOwner } from '../../ports/cloud/inventory-item.ts';
import type { PlannedItem, ReconciliationPlan } from './plan-reconciliation.ts';

/**
 * Takes items of an instance into the ledger, as sessions of that instance.
 *
 * @returns the ids of the sets and replicas that it took; since they were found, others may have done it
 * @throws INSTANCE_BUSY while another session works with the instance
 */
export type AdoptItems = (
  instanceId: InstanceId,
  items: AdoptedItems,
) => Promise<ReadonlySet<string>>;

/**
 * Takes into the ledger what the plan says. An instance whose items cannot be adopted now keeps no other
 * from it. Idempotent.
 *
 * @returns all items of the plan: those that are to be removed are not yet
 * @throws the signal's reason, before the next instance
 */
export async function performAdoptions(
  { items, adoptable }: ReconciliationPlan,
  adopt: AdoptItems,
  signal: AbortSignal,
): Promise<readonly ReconciledItem[]> {
  const adopted = new Set<string>();
  const problems = new Map<InstanceId, Problem>();
  for (const [instanceId, found] of adoptable) {
    signal.throwIfAborted();
    try {
      for (const id of await adopt(instanceId, found)) adopted.add(id);
    } catch (error) {
      problems.set(instanceId, problemOf(error));
    }
  }
  return items.map((planned): ReconciledItem => {
    if (planned.decision.action !== 'adopt') return { ...planned, problem: null };
    const problem = problems.get(itemOwner(planned.item).instanceId) ?? null;
    const id = itemIdOf(planned);
    if (problem !== null || (id !== null && adopted.has(id))) return { ...planned, problem };
    return { ...planned, decision: { action: 'keep', reason: 'recorded' }, problem: null };
  });
}

/** Of what is adopted; null for what never is. */
function itemIdOf({ item }: PlannedItem): string | null {
  switch (item.kind) {
    case 'snapshot':
      return item.snapshot.setId;
    case 'replica':
      return item.replica.replicaSetId;
    case 'volume':
    case 'worker':
    case 'restore':
    case 'kept':
    case 'shared':
      return null;
  }
}
