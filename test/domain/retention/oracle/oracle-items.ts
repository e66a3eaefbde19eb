import type {
  ReplicaProgress,
  StartedBackup,
} from '../../../../src/domain/backup-session/backup-session.ts';
import type { PointId, TimestampMs } from '../../../../src/domain/identifiers.ts';
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
    return own
      .filter((item) => !sessions.some(({ removed }) => lists(removed, item)))
      .map((item) =>
        item.kind !== 'restore-point' && sessions.some(({ unremoved }) => lists(unremoved, item))
          ? { ...item, condition: 'incomplete' as const }
          : item,
      );
  });
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
