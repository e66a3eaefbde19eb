import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import type { InstanceId, RepositoryId, TimestampMs } from '../../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { recordPlan } from '../../../src/domain/retention/recorded-plan.ts';
import {
  expiriesOf,
  type ItemRef,
  removalsOf,
  type RetentionPlan,
} from '../../../src/domain/retention/retention-plan.ts';
import { known } from '../../../src/domain/sensitive/sensitive.ts';
import {
  type NotedReplica,
  type NotedSession,
  sessionOf,
} from '../../../src/verification/noted-session.ts';
import { sampleIds } from './sample-ids.ts';

const problem = { code: 'STORE_FULL', message: 'no room is left' };

/** What a session that is noted so records before it decides about retention. */
export function eventsBeforeRetention(
  note: NotedSession,
  policy: BackupPolicy | null,
): readonly BackupSessionEvent[] {
  const { origin, pointKind, replicaTargets, scope, sessionId, snapshotSet } = sessionOf(note);
  const { takenAt } = note;
  const { setId, snapshots } = snapshotSet ?? { setId: sampleIds.set('none'), snapshots: [] };
  const volumes = snapshots.map(({ volumeId, device, sizeBytes }) => ({
    ...{ volumeId, device, sizeBytes },
    role: 'root' as const,
  }));
  const instanceId = 'web' as InstanceId;
  return [
    {
      type: 'SessionStarted',
      data: {
        ...{ kind: 'backup', sessionId, instanceId, scope, origin, policy, pointKind },
        ...{ replicaTargets, startedAt: takenAt },
      },
    },
    {
      type: 'InstanceInspected',
      data: {
        ...{ region: sampleIds.region('home'), volumes, excluded: [], notices: [] },
        configuration: known({ instanceType: 't3.small' }),
      },
    },
    { type: 'SnapshotRequested', data: { setId } },
    { type: 'SnapshotTaken', data: { setId, takenAt, snapshots } },
    { type: 'SnapshotCompleted', data: { setId } },
    ...note.replicas.flatMap((replica) => beginningOf(note, replica)),
    ...(note.point === 'committed' ? pointOf(note) : []),
    ...note.replicas.flatMap((replica) => endingOf(note, replica)),
  ];
}

/** What it records of retention, all of which is carried out. */
export function eventsOfRetention(plan: RetentionPlan): readonly BackupSessionEvent[] {
  const expiredAt = plan.decidedAt ?? (0 as TimestampMs);
  return [
    { type: 'RetentionDecided', data: recordPlan(plan) },
    ...expiriesOf(plan).map(({ id, reasons }): BackupSessionEvent => ({
      type: 'RestorePointExpired',
      data: { pointId: id, reasons, expiredAt },
    })),
    { type: 'RemovalsCleared', data: { withheld: [] } },
    ...removalsOf(plan).map(removalOf),
  ];
}

/** How it ends, before its retention and after. */
export function eventsOfEnding(
  status: 'succeeded' | 'failed' | 'cancelled',
  endedAt: TimestampMs,
): readonly [before: readonly BackupSessionEvent[], after: readonly BackupSessionEvent[]] {
  const reason = 'enough';
  switch (status) {
    case 'succeeded':
      return [[], [{ type: 'SessionCompleted', data: { outcome: status, warnings: [], endedAt } }]];
    case 'failed':
      return [
        [{ type: 'FailureDetected', data: { step: 'plan-read', problem } }],
        [{ type: 'SessionFailed', data: { problem, endedAt } }],
      ];
    case 'cancelled':
      return [
        [{ type: 'CancellationRequested', data: { reason } }],
        [{ type: 'SessionCancelled', data: { reason, endedAt } }],
      ];
  }
}

function beginningOf(note: NotedSession, { target }: NotedReplica): readonly BackupSessionEvent[] {
  const replica = sessionOf(note).replicas.find((one) => one.target === target);
  if (replica === undefined) return [];
  const { replicaSetId, snapshots } = replica;
  return [
    { type: 'ReplicaRequested', data: { replicaSetId, target } },
    { type: 'ReplicaStarted', data: { replicaSetId, target, snapshots } },
  ];
}

function endingOf(
  note: NotedSession,
  { target, state }: NotedReplica,
): readonly BackupSessionEvent[] {
  const replica = sessionOf(note).replicas.find((one) => one.target === target);
  if (replica === undefined) return [];
  const { replicaSetId } = replica;
  const of = { replicaSetId, target, stillShared: null };
  return state === 'completed'
    ? [{ type: 'Replicated', data: { ...of, completedAt: note.takenAt } }]
    : [{ type: 'ReplicaFailed', data: { ...of, problem, copies: 'perhaps-left' } }];
}

function pointOf(note: NotedSession): readonly BackupSessionEvent[] {
  const { point, readPlan } = sessionOf(note);
  if (point === null) return [];
  return [
    {
      type: 'WriterRegistered',
      data: { repositoryId: 'noted' as RepositoryId, format: 'noted' },
    },
    { type: 'ReadPlanned', data: { volumes: readPlan ?? [] } },
    { type: 'RestorePointCommitted', data: point },
    { type: 'WriterClosed', data: { result: 'committed' } },
  ];
}

function removalOf(item: ItemRef): BackupSessionEvent {
  switch (item.kind) {
    case 'snapshot-set':
      return { type: 'SnapshotRemoved', data: { setId: item.id, snapshotIds: [] } };
    case 'replica':
      return { type: 'ReplicaRemoved', data: { replicaSetId: item.id, snapshotIds: [] } };
    case 'restore-point':
      return { type: 'RestorePointRemoved', data: { pointId: item.id } };
  }
}
