import type { SnapshotSetId } from '../../../src/domain/identifiers.ts';
import { planOf } from '../../../src/domain/retention/recorded-plan.ts';
import type { BackupView, LedgerView } from '../ledger-view.ts';
import type { Check } from './checked-run.ts';

/**
 * The source set of the last committed image-level session was never deleted while the session
 * that deleted it had image-level and CBT on.
 */
export const checkChangedBlockBase: Check = ({ world, ledger }) =>
  world.deletions.flatMap(({ snapshotId, eventCount, by }) => {
    const owner = ledger.backups.find(({ state }) =>
      state.snapshotSet?.snapshots.some((one) => one.snapshotId === snapshotId),
    );
    const setId = owner?.state.snapshotSet?.setId;
    if (owner === undefined || setId === undefined) return [];
    const ofInstance = ledger.backups.filter((one) => one.instanceId === owner.instanceId);
    if (baseAt(ofInstance, eventCount) !== setId) return [];
    const deleter = deleterAt(ofInstance, setId, eventCount);
    const image = (deleter?.state.policy ?? owner.state.policy)?.image;
    if (image?.level !== 'on' || image.changedBlockTracking === 'off') return [];
    return [
      `${by?.name ?? 'nobody'} deleted ${snapshotId} of set ${setId}, which was the CBT base`,
    ];
  });

/** The set of the session that committed last among the first `eventCount` events. */
function baseAt(backups: LedgerView['backups'], eventCount: number): SnapshotSetId | null {
  let base: { readonly position: number; readonly setId: SnapshotSetId } | null = null;
  for (const { events, state } of backups) {
    const commit = events.find(({ event }) => event.type === 'RestorePointCommitted');
    if (commit === undefined || commit.position > eventCount || state.snapshotSet === null)
      continue;
    if (base === null || commit.position > base.position) {
      base = { position: commit.position, setId: state.snapshotSet.setId };
    }
  }
  return base?.setId ?? null;
}

/** The last session whose retention had let this set go at that moment. */
function deleterAt(
  backups: LedgerView['backups'],
  setId: SnapshotSetId,
  eventCount: number,
): BackupView | undefined {
  return backups.findLast(({ events }) =>
    events.some(
      ({ event, position }) =>
        event.type === 'RetentionDecided' &&
        position <= eventCount &&
        planOf(event.data).snapshots.remove.some(({ id }) => id === setId),
    ),
  );
}
