import type {
  AdoptedItems,
  AdoptedReplica,
  AdoptedSet,
  AdoptionReason,
} from '../backup-session/adoption-events.ts';
import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { SnapshotSetId, TimestampMs } from '../identifiers.ts';
import type { InstanceState } from '../instance/instance-state.ts';
import { known } from '../sensitive/sensitive.ts';
import { type FoundMaker, type FoundRecord, judgeFound } from './judge-found.ts';
import { RecordedItems } from './recorded-items.ts';

/** What is recorded of an instance. */
interface InstanceRecords {
  readonly instance: Pick<InstanceState, 'forgottenAt'>;
  readonly sessions: readonly StartedBackup[];
}

/**
 * What of that which was found whole is to be adopted by what is recorded of its instance now: since it was
 * found, another engine may have adopted it, or retention removed it. Of an instance that was forgotten
 * nothing sensitive is recorded again.
 */
export function itemsToAdopt(
  found: AdoptedItems,
  { instance, sessions }: InstanceRecords,
): AdoptedItems {
  const forgetting = instance.forgottenAt === null ? {} : { configuration: known({}) };
  const recorded = new RecordedItems(sessions);
  const sets = found.sets.flatMap((set): readonly AdoptedSet[] => {
    const { setId: id, madeBy, snapshots } = set;
    const records = snapshots.map(({ snapshotId }) => recorded.ofSet({ id, madeBy, snapshotId }));
    const reason = reasonToAdopt(recorded.makerOf(madeBy), records);
    return reason === null ? [] : [{ ...set, ...forgetting, reason }];
  });
  const takenAt = timesOf(sessions, sets);
  const replicas = found.replicas.flatMap((replica): readonly AdoptedReplica[] => {
    const { replicaSetId: id, setId, madeBy, snapshots } = replica;
    const records = snapshots.map(({ snapshotId }) =>
      recorded.ofReplica({ id, madeBy, snapshotId }),
    );
    const reason = reasonToAdopt(recorded.makerOf(madeBy), records);
    const time = takenAt.get(setId) ?? replica.takenAt;
    return reason === null ? [] : [{ ...replica, ...forgetting, takenAt: time, reason }];
  });
  return { sets, replicas };
}

function reasonToAdopt(maker: FoundMaker, records: readonly FoundRecord[]): AdoptionReason | null {
  const verdicts = records.map((record) => judgeFound({ maker, record, condition: 'whole' }));
  const [first] = verdicts;
  const isWhole = verdicts.every(({ action }) => action === 'adopt');
  return first?.action === 'adopt' && isWhole ? first.reason : null;
}

/** When the sets were taken of which anybody knows, whatever has become of them. */
function timesOf(
  sessions: readonly StartedBackup[],
  found: readonly AdoptedSet[],
): ReadonlyMap<SnapshotSetId, TimestampMs> {
  const times = new Map<SnapshotSetId, TimestampMs>();
  for (const { setId, takenAt } of found) times.set(setId, takenAt);
  for (const { snapshotSet, adopted } of sessions) {
    for (const { setId, takenAt } of adopted.sets) times.set(setId, takenAt);
    const takenAt = snapshotSet?.takenAt ?? null;
    if (snapshotSet !== null && takenAt !== null) times.set(snapshotSet.setId, takenAt);
  }
  return times;
}
