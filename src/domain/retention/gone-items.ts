import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { PointId, ReplicaSetId, SnapshotSetId, TimestampMs } from '../identifiers.ts';
import type { GoneItem } from './history-items.ts';
import type { ItemRef, ItemToRemove } from './retention-plan.ts';

/** What the sessions of an instance removed, and why, in their order. */
export function goneItems(sessions: readonly StartedBackup[]): readonly GoneItem[] {
  return sessions.flatMap(({ sessionId, retention, removed }) => {
    if (retention === null) return [];
    const { decidedAt, snapshots, replicas, points } = retention;
    const gone = (item: ItemRef, { takenAt, reasons }: Removal): GoneItem => ({
      item,
      takenAt,
      removedBy: sessionId,
      decidedAt,
      reasons,
    });
    return [
      ...chosen<SnapshotSetId>(snapshots.remove, removed.sets).map((one) =>
        gone({ kind: 'snapshot-set', id: one.id }, one),
      ),
      ...chosen<ReplicaSetId>(replicas.remove, removed.replicas).map((one) =>
        gone({ kind: 'replica', id: one.id }, one),
      ),
      ...chosen<PointId>(points.expire, removed.points).map((one) =>
        gone({ kind: 'restore-point', id: one.id }, one),
      ),
    ];
  });
}

type Removal = Pick<ItemToRemove<string>, 'reasons'> & { readonly takenAt: TimestampMs };

function chosen<Id extends string>(
  decided: readonly ItemToRemove<Id>[],
  done: readonly Id[],
): readonly ItemToRemove<Id>[] {
  const ids = new Set(done);
  return decided.filter(({ id }) => ids.has(id));
}
