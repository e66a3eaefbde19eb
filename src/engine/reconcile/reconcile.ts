import type { RecordingSession } from '../../domain/adoption/recorded-items.ts';
import { accountIdOf, type AccountRole } from '../../domain/policy/account-role.ts';
import type { UntrustedResource } from '../../ports/cloud/inventory.ts';
import type { UnreadableSession } from '../session/session-directory.ts';
import type { Collector } from '../../format/collection.ts';
import type { WriterEnding } from '../collection/end-writer.ts';
import { type KnownSessions, readKnownSessions } from './known-sessions.ts';
import { type AdoptItems, performAdoptions } from './perform-adoptions.ts';
import { performReconciliation, type ReconciledItem } from './perform-reconciliation.ts';
import { planMailboxes } from './plan-mailboxes.ts';
import { planReconciliation } from './plan-reconciliation.ts';
import type { ReconcilableRegion } from './reconcilable-region.ts';
import { type ReconciledMailbox, removeMailboxes } from './remove-mailboxes.ts';

export interface Reconciliation {
  readonly items: readonly ReconciledItem[];
  /** Of the repository; none where it was another region, or account, than that in which the engine works. */
  readonly mailboxes: readonly ReconciledMailbox[];
  /** Never touched. */
  readonly untrusted: readonly UntrustedResource[];
  /** Sessions of which not every event can be read: what is theirs is kept, as that of an unknown session. */
  readonly unreadable: readonly UnreadableSession[];
}

/** `plan`: nothing is changed. `adopt`: nothing is removed. `remove`: what is to be adopted is, and then what is to go goes. */
export type ReconcileMode = 'plan' | 'adopt' | 'remove';

export interface ReconcileParts {
  readonly mode: ReconcileMode;
  readonly adopt: AdoptItems;
  /** Null: what sessions have left in it is not looked at. */
  readonly repository: ReconciledRepository | null;
}

/** What says which mailboxes there are, and can remove them. */
export type ReconciledRepository = WriterEnding & {
  readonly collector: Pick<Collector, 'mailboxes'> | null;
};

/**
 * Compares what a region, and the repository, have of sessions with the ledger. What is being adopted or removed when the
 * signal aborts comes to its end; nothing further is begun.
 *
 * @throws the signal's reason
 */
export async function reconcile(
  directory: KnownSessions,
  region: ReconcilableRegion,
  { mode, adopt, repository }: ReconcileParts,
  signal: AbortSignal,
): Promise<Reconciliation> {
  // Before the inventory: see planReconciliation.
  const { backups, restores, unreadable } = await readKnownSessions(directory, signal);
  const notReadable = unreadable.map(({ sessionId }) => sessionId);
  const { items, untrusted } = await region.inventory.list(readersOf(backups));
  const plan = planReconciliation(items, { backups, restores, unreadable: notReadable });
  const found = (await repository?.collector?.mailboxes()) ?? [];
  const mailboxes = await planMailboxes(directory, found, notReadable);
  const untouched = mailboxes.map((one) => ({ ...one, problem: null }));
  if (mode === 'plan') {
    const planned = plan.items.map((one) => ({ ...one, problem: null }));
    return { items: planned, mailboxes: untouched, untrusted, unreadable };
  }
  // First, so that what is the other one of something that was asked for twice is recorded.
  const adopted = await performAdoptions(plan, adopt, signal);
  if (mode === 'adopt') return { items: adopted, mailboxes: untouched, untrusted, unreadable };
  // Workers before mailboxes: one that lives may still write to its own.
  const done = await performReconciliation(region, adopted, signal);
  const removed =
    repository === null ? untouched : await removeMailboxes(repository, mailboxes, signal);
  return { items: done, mailboxes: removed, untrusted, unreadable };
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
