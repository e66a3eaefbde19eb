import type { SnapshotSetId } from '../../../src/domain/identifiers.ts';
import type { BackupView } from '../ledger-view.ts';
import type { Check } from './checked-run.ts';

/**
 * Retention lets a whole set go only when it keeps as many newer ones as the policy of its session
 * asks for, and a set whose removal had begun takes no place among them.
 */
export const checkRetentionCount: Check = ({ ledger }) => {
  const places = new Map(
    ledger.backups.map(({ state }, place) => [state.snapshotSet?.setId, place] as const),
  );
  const placeOf = (setId: SnapshotSetId): number => places.get(setId) ?? -1;
  return ledger.backups.flatMap((backup, index) => [
    ...letGoTooEarly(backup, placeOf),
    ...countedThoughHalfRemoved(backup, ledger.backups.slice(0, index)),
  ]);
};

function letGoTooEarly(
  { sessionId, state }: BackupView,
  placeOf: (setId: SnapshotSetId) => number,
): readonly string[] {
  const { retention, policy } = state;
  if (retention === null) return [];
  const wanted = policy?.snapshots.retention.count ?? 0;
  const { keep, remove } = retention.snapshots;
  return remove.flatMap(({ id, reasons }) => {
    if (reasons.some(({ kind }) => kind === 'incomplete')) return [];
    const newer = keep.filter((kept) => placeOf(kept.id) > placeOf(id)).length;
    if (newer >= wanted) return [];
    return [`session ${sessionId} let set ${id} go and keeps ${newer} newer ones, not ${wanted}`];
  });
}

function countedThoughHalfRemoved(
  { sessionId, state }: BackupView,
  before: readonly BackupView[],
): readonly string[] {
  const begun = new Set(before.flatMap((one) => one.state.unremoved.sets));
  return (state.retention?.snapshots.keep ?? [])
    .filter(({ reasons }) => reasons.some(({ kind }) => kind === 'within-count'))
    .filter(({ id }) => begun.has(id))
    .map(({ id }) => `session ${sessionId} counts set ${id}, whose removal had begun`);
}
