import type { RecordingSession } from '../../domain/adoption/recorded-items.ts';
import { accountIdOf, type AccountRole } from '../../domain/policy/account-role.ts';
import type { UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { UnreadableSession } from '../session/session-directory.ts';
import { type KnownSessions, readKnownSessions } from './known-sessions.ts';
import { type AdoptItems, performAdoptions } from './perform-adoptions.ts';
import { performReconciliation, type ReconciledItem } from './perform-reconciliation.ts';
import { planReconciliation } from './plan-reconciliation.ts';
import type { ReconcilableRegion } from './reconcilable-region.ts';

export interface Reconciliation {
  readonly items: readonly ReconciledItem[];
  /** Never touched. */
  readonly untrusted: readonly UntrustedResource[];
  /** Sessions of which not every event can be read: what is theirs is kept, as that of an unknown session. */
  readonly unreadable: readonly UnreadableSession[];
}

/** `plan`: nothing is changed. `adopt`: nothing is removed. `remove`: what is to be adopted is, and then what is to go goes. */
export type ReconcileMode = 'plan' | 'adopt' | 'remove';

/**
 * Compares what a region has of the repository with the ledger. What is being adopted or removed when the
 * signal aborts comes to its end; nothing further is begun.
 *
 * @throws the signal's reason
 */
export async function reconcile(
  directory: KnownSessions,
  region: ReconcilableRegion,
  { mode, adopt }: { readonly mode: ReconcileMode; readonly adopt: AdoptItems },
  signal: AbortSignal,
): Promise<Reconciliation> {
  // Before the inventory: see planReconciliation.
  const { backups, restores, unreadable } = await readKnownSessions(directory, signal);
  const { items, untrusted } = await region.inventory.list(readersOf(backups));
  const plan = planReconciliation(items, {
    backups,
    restores,
    unreadable: unreadable.map(({ sessionId }) => sessionId),
  });
  if (mode === 'plan') {
    return { items: plan.items.map((one) => ({ ...one, problem: null })), untrusted, unreadable };
  }
  // First, so that what is the other one of something that was asked for twice is recorded.
  const adopted = await performAdoptions(plan, adopt, signal);
  const done = mode === 'adopt' ? adopted : await performReconciliation(region, adopted, signal);
  return { items: done, untrusted, unreadable };
}

/** The accounts that sessions have copied to, each once. */
function readersOf(
  sessions: readonly Pick<RecordingSession, 'replicas'>[],
): readonly AccountRole[] {
  const roles = sessions.flatMap(({ replicas }) =>
    replicas.flatMap(({ target }) => target.account ?? []),
  );
  return [...new Map(roles.map((role) => [accountIdOf(role), role])).values()];
}
