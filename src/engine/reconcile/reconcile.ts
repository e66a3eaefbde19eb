import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { UntrustedResource } from '../../ports/cloud/inventory.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { SessionDirectory, UnreadableSession } from '../session/session-directory.ts';
import type { StartedSession } from '../session/session-summary.ts';
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
  /** Sessions of which not every event can be read: what is theirs is kept, as that of an unknown session. */
  readonly unreadable: readonly UnreadableSession[];
}

/** What is asked of the ledger. */
export type KnownSessions = Pick<SessionDirectory, 'entries' | 'stateOf'>;

/** `plan`: nothing is removed. */
export type ReconcileMode = 'plan' | 'remove';

/**
 * Compares what a region has of the repository with the ledger. What is being removed when the signal aborts
 * comes to its end; nothing further is begun.
 *
 * @throws the signal's reason
 */
export async function reconcile(
  directory: KnownSessions,
  region: ReconcilableRegion,
  mode: ReconcileMode,
  signal: AbortSignal,
): Promise<Reconciliation> {
  // Before the inventory: see planReconciliation.
  const { backups, restores, unreadable } = await knownSessions(directory, signal);
  const { items, untrusted } = await region.inventory.list();
  const plan = planReconciliation(items, backups, restores);
  const done =
    mode === 'plan'
      ? plan.map((one) => ({ ...one, problem: null }))
      : await performReconciliation(region, plan, signal);
  return { items: done, untrusted, unreadable };
}

async function knownSessions(
  directory: KnownSessions,
  signal: AbortSignal,
): Promise<{
  readonly backups: readonly ReconciledSession[];
  readonly restores: readonly ReconciledRestore[];
  readonly unreadable: readonly UnreadableSession[];
}> {
  const backups: ReconciledSession[] = [];
  const restores: ReconciledRestore[] = [];
  const unreadable: UnreadableSession[] = [];
  for (const { sessionId } of await directory.entries({})) {
    signal.throwIfAborted();
    const read = await readState(directory, sessionId);
    if (read.kind === 'unreadable') {
      unreadable.push({ sessionId, error: read.error });
      continue;
    }
    const { state } = read;
    if ('restored' in state) {
      const { status, restored, launched } = state;
      restores.push({ sessionId, status, restored, launched });
    }
    if (!('snapshotSet' in state)) continue;
    const { status, snapshotSet, replicas, removed } = state;
    backups.push({ sessionId, status, snapshotSet, replicas, removed });
  }
  return { backups, restores, unreadable };
}

async function readState(
  directory: KnownSessions,
  sessionId: SessionId,
): Promise<
  | { readonly kind: 'read'; readonly state: StartedSession }
  | { readonly kind: 'unreadable'; readonly error: SnapledgerError }
> {
  try {
    return { kind: 'read', state: await directory.stateOf(sessionId) };
  } catch (error) {
    if (!hasErrorCode(error, ...unreadableCodes)) throw error;
    return { kind: 'unreadable', error };
  }
}
