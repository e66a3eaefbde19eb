import type { BackupView } from '../ledger-view.ts';
import type { Check } from './checked-run.ts';

/**
 * Retention lets a whole set go only when it keeps as many newer ones as the policy of its session
 * asks for, and a set whose removal had begun takes no place among them.
 */
export const checkRetentionCount: Check = ({ ledger }) =>
  ledger.backups.flatMap((backup, index) => [
    ...letGoTooEarly(backup),
    ...countedThoughHalfRemoved(backup, ledger.backups.slice(0, index)),
  ]);

function letGoTooEarly({ sessionId, state }: BackupView): readonly string[] {
  const { retention, policy } = state;
  const keep = policy.snapshots.retention.count ?? 0;
  return (retention?.remove ?? []).flatMap(({ setId, takenAt, reasons }) => {
    if (reasons.some(({ kind }) => kind === 'incomplete')) return [];
    const newer = retention?.keep.filter((kept) => kept.takenAt >= takenAt).length ?? 0;
    if (newer >= keep) return [];
    return [`session ${sessionId} let set ${setId} go and keeps ${newer} newer ones, not ${keep}`];
  });
}

function countedThoughHalfRemoved(
  { sessionId, state }: BackupView,
  before: readonly BackupView[],
): readonly string[] {
  const begun = new Set(before.flatMap((one) => one.state.unremovedSets));
  return (state.retention?.keep ?? [])
    .filter(({ reasons }) => reasons.some(({ kind }) => kind === 'within-count'))
    .filter(({ setId }) => begun.has(setId))
    .map(({ setId }) => `session ${sessionId} counts set ${setId}, whose removal had begun`);
}
