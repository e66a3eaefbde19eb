import type {
  BackupSessionEvent,
  TakenSnapshot,
} from '../../domain/backup-session/backup-events.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type { ItemName, SessionRows } from '../../ports/catalogue-store.ts';
import { type StartedSession, summaryFacts } from '../session/session-summary.ts';
import { writeDocument } from './session-document.ts';

/**
 * Events of a backup that change nothing of its rows, only what a session is folded for otherwise. Most
 * of what events say is in these, so that their data are not even decoded here.
 */
export const eventsWithoutRows: ReadonlySet<string> = new Set<BackupSessionEvent['type']>([
  'InstanceInspected',
  'SnapshotCompleted',
  'WriterRegistered',
  'WriterClosed',
  'WorkerLaunched',
  'SpotRefused',
  'VolumesAttached',
  'WorkerLost',
  'DirectReadStarted',
  'DirectReadFailed',
  'WorkerRemoved',
  'RetentionDecided',
  'RestorePointExpired',
  'RemovalsCleared',
]);

/** What a catalogue keeps of a session, made of its state alone. */
export function sessionRows(state: StartedSession, actor: string): SessionRows {
  const facts = summaryFacts(state);
  const { sessionId, instanceId, kind, status, startedAt } = facts;
  const engineId = 'engineId' in state ? state.engineId : null;
  const document = writeDocument({ facts, engineId });
  const session = { sessionId, instanceId, kind, status, startedAt, actor, document };
  if (!('scope' in state)) return { session, names: [], made: [], removed: [] };
  return { session, names: namesOf(state), made: madeBy(state), removed: removedBy(state) };
}

function namesOf({ snapshotSet, replicas, point, adopted }: StartedBackup): readonly ItemName[] {
  const names = new Map<string, ItemRef>();
  for (const { setId: id, snapshots } of adopted.sets) {
    const item = { kind: 'snapshot-set', id } as const;
    for (const name of [id, ...snapshots.map(idOfSnapshot)]) names.set(name, item);
  }
  for (const { replicaSetId: id, snapshots } of adopted.replicas) {
    const item = { kind: 'replica', id } as const;
    for (const name of [id, ...snapshots.map(idOfSnapshot)]) names.set(name, item);
  }
  if (snapshotSet !== null) {
    const item = { kind: 'snapshot-set', id: snapshotSet.setId } as const;
    names.set(snapshotSet.setId, item);
    for (const { snapshotId } of snapshotSet.snapshots) names.set(snapshotId, item);
  }
  for (const { replicaSetId, snapshots } of replicas) {
    const item = { kind: 'replica', id: replicaSetId } as const;
    names.set(replicaSetId, item);
    for (const { snapshotId } of snapshots) names.set(snapshotId, item);
  }
  if (point !== null) names.set(point.pointId, { kind: 'restore-point', id: point.pointId });
  return [...names].map(([id, item]) => ({ id, item }));
}

function idOfSnapshot({ snapshotId }: TakenSnapshot): string {
  return snapshotId;
}

/** As `instanceHistory` has it, apart from what sessions removed. */
function madeBy(state: StartedBackup): readonly ItemRef[] {
  const { sets, replicas } = state.adopted;
  return [
    ...sets.map(({ setId: id }) => ({ kind: 'snapshot-set', id }) as const),
    ...replicas.map(({ replicaSetId: id }) => ({ kind: 'replica', id }) as const),
    ...ownItems(state),
  ];
}

function ownItems({ snapshotSet, replicas, point }: StartedBackup): readonly ItemRef[] {
  if (snapshotSet === null) return [];
  const { takenAt, setId } = snapshotSet;
  if (takenAt === null) return [];
  return [
    { kind: 'snapshot-set', id: setId },
    ...replicas
      .filter(({ state }) => state !== 'failed')
      .map(({ replicaSetId }) => ({ kind: 'replica', id: replicaSetId }) as const),
    ...(point === null ? [] : [{ kind: 'restore-point', id: point.pointId } as const]),
  ];
}

function removedBy({ removed }: StartedBackup): readonly ItemRef[] {
  return [
    ...removed.sets.map((id) => ({ kind: 'snapshot-set', id }) as const),
    ...removed.replicas.map((id) => ({ kind: 'replica', id }) as const),
    ...removed.points.map((id) => ({ kind: 'restore-point', id }) as const),
  ];
}
