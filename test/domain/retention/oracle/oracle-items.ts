import type {
  ReplicaProgress,
  StartedBackup,
} from '../../../../src/domain/backup-session/backup-session.ts';
import type {
  PointId,
  PolicyId,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import type { ItemRef } from '../../../../src/domain/retention/retention-plan.ts';
import type { RetentionQuestion } from './retention-question.ts';

/** What retention decides about. */
export type Item = ItemRef & {
  readonly place: number;
  readonly session: StartedBackup;
  readonly takenAt: TimestampMs;
  readonly condition: 'complete' | 'pending' | 'incomplete';
  /** Of a replica only. */
  readonly replica: ReplicaProgress | null;
};

/** Words: what exists, in the order of the places, of one session by id. */
export function itemsOf(question: RetentionQuestion): readonly Item[] {
  const { sessions } = question;
  return inOrder([...ownItemsOf(sessions), ...adoptedItemsOf(sessions)])
    .filter((item) => !sessions.some(({ removed }) => lists(removed, item)))
    .map((item) =>
      item.kind !== 'restore-point' && sessions.some(({ unremoved }) => lists(unremoved, item))
        ? { ...item, condition: 'incomplete' as const }
        : item,
    );
}

function inOrder(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => (comesAfter(a, b) ? 1 : comesAfter(b, a) ? -1 : 0));
}

function ownItemsOf(sessions: readonly StartedBackup[]): readonly Item[] {
  return sessions.flatMap((session, place) => {
    const set = session.snapshotSet;
    if (set === null) return [];
    const { takenAt } = set;
    if (takenAt === null) return [];
    const isRunning = session.status === 'running';
    const common = { place, session, takenAt, replica: null };
    const own: Item[] = [];
    own.push({
      ...common,
      kind: 'snapshot-set',
      id: set.setId,
      condition: set.state === 'completed' || isRunning ? 'complete' : 'incomplete',
    });
    for (const replica of session.replicas.toSorted((a, b) =>
      a.replicaSetId < b.replicaSetId ? -1 : 1,
    )) {
      if (replica.state === 'failed') continue;
      own.push({
        ...common,
        kind: 'replica',
        id: replica.replicaSetId,
        replica,
        condition:
          replica.state === 'completed'
            ? 'complete'
            : replica.state !== 'torn' && isRunning
              ? 'pending'
              : 'incomplete',
      });
    }
    if (session.point !== null) {
      const { pointId } = session.point;
      own.push({ ...common, kind: 'restore-point', id: pointId, condition: 'complete' });
    }
    return own;
  });
}

/** Words, "adopted": of sessions that the ledger does not know, which are the only ones that a tale loses. */
function adoptedItemsOf(sessions: readonly StartedBackup[]): readonly Item[] {
  const adopted = sessions.flatMap(({ adopted: { sets, replicas } }) => [
    ...sets.map((set) => ({ ...set, kind: 'snapshot-set' as const, id: set.setId, replica: null })),
    ...replicas.map((one) => ({
      ...one,
      kind: 'replica' as const,
      id: one.replicaSetId,
      replica: { ...one, state: 'completed' as const, completedAt: one.takenAt },
    })),
  ]);
  const makers = [...new Set(adopted.map(({ madeBy }) => madeBy))].map((madeBy) => {
    const times = adopted.filter((one) => one.madeBy === madeBy).map(({ takenAt }) => takenAt);
    return { madeBy, time: Math.min(...times) };
  });
  makers.sort((a, b) => a.time - b.time || (a.madeBy < b.madeBy ? -1 : 1));
  return adopted.flatMap((one): readonly Item[] => {
    const rank = makers.findIndex(({ madeBy }) => madeBy === one.madeBy);
    const time = makers[rank]?.time ?? Infinity;
    let after = -1;
    for (const [place, { snapshotSet }] of sessions.entries()) {
      const takenAt = snapshotSet?.takenAt ?? null;
      if (takenAt !== null && takenAt <= time) after = place;
    }
    const place = after + (rank + 1) / (makers.length + 1);
    const session = strangerOf(one.madeBy, one.policyId, sessions);
    const { takenAt, replica } = one;
    const common = { place, session, takenAt, condition: 'complete' } as const;
    return one.kind === 'replica'
      ? [{ ...common, kind: 'replica', id: one.replicaSetId, replica }]
      : [{ ...common, kind: 'snapshot-set', id: one.setId, replica }];
  });
}

/** A session of which nothing is known but whether it had a policy. */
function strangerOf(
  sessionId: SessionId,
  policyId: PolicyId | null,
  [any]: readonly StartedBackup[],
): StartedBackup {
  if (any === undefined) throw new Error('what was adopted was adopted by a session');
  return {
    ...any,
    sessionId,
    status: 'succeeded',
    origin: policyId === null ? { kind: 'manual', expiresAt: null } : { kind: 'on-demand' },
    snapshotSet: null,
    replicas: [],
    point: null,
    readPlan: null,
  };
}

/** The volumes of the newest set that was taken, by place, whatever has become of it. */
export function newestVolumesOf({ sessions }: RetentionQuestion): readonly VolumeId[] {
  const all = [...ownItemsOf(sessions), ...adoptedItemsOf(sessions)];
  const newest = inOrder(all.filter(({ kind }) => kind === 'snapshot-set')).at(-1);
  const taken = [
    ...sessions.flatMap(({ snapshotSet }) => snapshotSet ?? []),
    ...sessions.flatMap(({ adopted }) => adopted.sets),
  ].find(({ setId }) => setId === newest?.id);
  return taken?.snapshots.map(({ volumeId }) => volumeId) ?? [];
}

function lists(list: StartedBackup['removed'], { kind, id }: ItemRef): boolean {
  switch (kind) {
    case 'snapshot-set':
      return list.sets.includes(id);
    case 'replica':
      return list.replicas.includes(id);
    case 'restore-point':
      return list.points.includes(id);
  }
}

/** Whether a point left the chain before. */
export function hasLeft({ id }: Item, { sessions }: RetentionQuestion): boolean {
  return sessions.some(({ expiredPoints }) => expiredPoints.some((point) => point === id));
}

/** The points that a session's read plan compares with. */
export function parentsOf({ readPlan }: StartedBackup): readonly PointId[] {
  return (readPlan ?? []).flatMap(({ parentPointId }) => parentPointId ?? []);
}

/** The points that a point needs: those of its merge, if it was merged. */
export function neededBy(
  { id, session }: Item,
  { instance }: RetentionQuestion,
): readonly PointId[] {
  const merged = instance.parents.find(({ pointId }) => pointId === id);
  return merged === undefined ? parentsOf(session) : merged.parents;
}

/** Newer, by place; of one session by id. */
export function comesAfter(a: Item, b: Item): boolean {
  return a.place > b.place || (a.place === b.place && a.id > b.id);
}
