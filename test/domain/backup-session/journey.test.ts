import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import { initialBackupSession } from '../../../src/domain/backup-session/backup-session.ts';
import { type BackupStep, nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  eventsBefore,
  eventsOf,
  journeyCommands,
  journeys,
  type JourneyScope,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { givenBackup } from './given-backup.ts';

const scopes: readonly JourneyScope[] = ['snapshot-only', 'image-level', 'retention-only'];

/** Every command there is, once. */
const everyCommand: readonly BackupCommand[] = Object.values({
  start: journeyCommands.start('image-level'),
  inspected: journeyCommands.inspected,
  requested: journeyCommands.requested,
  taken: journeyCommands.taken,
  abandoned: journeyCommands.abandoned,
  completed: journeyCommands.completed,
  writer: journeyCommands.writer,
  planned: journeyCommands.planned,
  worker: journeyCommands.worker(1),
  attached: journeyCommands.attached,
  transferred: journeyCommands.transferred(),
  workerLost: journeyCommands.workerLost(3),
  spotRefused: journeyCommands.spotRefused(1),
  directRead: journeyCommands.directRead(1),
  directReadFailed: journeyCommands.directReadFailed(3),
  committed: journeyCommands.committed,
  workerRemoved: journeyCommands.workerRemoved,
  writerClosed: journeyCommands.writerClosed,
  replicaRequested: journeyCommands.replicaRequested,
  replicaStarted: journeyCommands.replicaStarted,
  replicated: journeyCommands.replicated,
  replicaFailed: journeyCommands.replicaFailed,
  retention: journeyCommands.retention(),
  expirePoints: journeyCommands.expirePoints,
  cleared: journeyCommands.cleared,
  replicaRemoved: journeyCommands.replicaRemoved,
  replicaNotRemoved: journeyCommands.replicaNotRemoved,
  pointRemoved: journeyCommands.pointRemoved,
  pointNotRemoved: journeyCommands.pointNotRemoved,
  removed: journeyCommands.removed,
  notRemoved: journeyCommands.notRemoved,
  failure: journeyCommands.failure('any'),
  cancel: journeyCommands.cancel,
  end: journeyCommands.end,
});

/** Which outcomes a step can have; everything else is refused while it is the next one. */
const outcomesOf: Readonly<Record<BackupStep['kind'], readonly BackupCommand['type'][]>> = {
  'inspect-instance': ['RecordInstance'],
  'request-snapshots': ['RequestSnapshots'],
  'take-snapshots': ['RecordSnapshots'],
  'settle-snapshots': ['RecordSnapshots', 'AbandonSnapshots'],
  'await-snapshots': ['RecordSnapshotsCompleted'],
  'register-writer': ['RecordWriter'],
  'plan-read': ['RecordReadPlan'],
  'launch-worker': ['RecordWorker', 'RecordSpotRefused'],
  'attach-volumes': ['RecordAttachments', 'RecordWorkerLost'],
  'transfer-blocks': ['RecordTransfer', 'RecordWorkerLost'],
  'read-directly': ['BeginDirectRead', 'RecordTransfer', 'RecordDirectReadFailed'],
  'commit-point': ['RecordPoint'],
  'remove-worker': ['RecordWorkerRemoved'],
  'close-writer': ['RecordWriterClosed'],
  'discard-writer': ['RecordWriterClosed', 'RecordPoint'],
  'request-replica': ['RequestReplica'],
  'start-replica': ['RecordReplicaStarted', 'RecordReplicaFailed'],
  'await-replica': ['RecordReplicated', 'RecordReplicaFailed'],
  'abandon-replica': ['RecordReplicaFailed'],
  'decide-retention': ['DecideRetention'],
  'expire-points': ['ExpirePoints'],
  'clear-removals': ['RecordRemovalsCleared'],
  'remove-replica': ['RecordReplicaRemoved', 'RecordReplicaNotRemoved'],
  'remove-point': ['RecordPointRemoved', 'RecordPointNotRemoved'],
  'remove-snapshots': ['RecordSnapshotRemoved', 'RecordSnapshotNotRemoved'],
  'end-session': ['EndSession'],
  nothing: [],
};

/** Orders and failures: these are answered by what has been reached, not by the step. */
const orders: readonly BackupCommand['type'][] = ['Cancel', 'RecordFailure'];

for (const scope of scopes) {
  describe(`a session in which everything goes well, ${scope}`, () => {
    for (const { step, command, events } of journeys[scope]) {
      it(`at ${step} takes ${command.type}: ${events.join(', ')}`, () => {
        const history = eventsBefore(step, scope);
        assert.equal(nextBackupStep(stateAfter(history)).kind, step);
        const { events: happened } = givenBackup(...history)
          .when(command)
          .decided();
        assert.deepEqual(
          happened.map(({ type }) => type),
          events,
        );
      });

      it(`at ${step} refuses the outcome of every other step`, () => {
        const given = givenBackup(...eventsBefore(step, scope));
        const wrong = everyCommand.filter(
          ({ type }) => !outcomesOf[step].includes(type) && !orders.includes(type),
        );
        for (const command of wrong) {
          given.when(command).thenRefused('ILLEGAL_TRANSITION', `'${command.type}'`);
        }
      });
    }

    it('has succeeded at its end, and then takes nothing more', () => {
      const all = eventsOf(
        journeyCommands.start(scope),
        ...journeys[scope].map(({ command }) => command),
      );
      const state = stateAfter(all);
      assert.equal(state.status, 'succeeded');
      assert.equal(state.endedAt, journeyCommands.end.now);
      assert.equal(nextBackupStep(state).kind, 'nothing');
      for (const command of everyCommand.filter(({ type }) => type !== 'Cancel')) {
        givenBackup(...all)
          .when(command)
          .thenRefused('ILLEGAL_TRANSITION', `'${command.type}'`);
      }
      givenBackup(...all)
        .when(journeyCommands.cancel)
        .thenNothing();
    });
  });
}

describe('a session that was not started', () => {
  it('has no step', () => {
    assert.deepEqual(nextBackupStep(initialBackupSession), { kind: 'nothing', sessionId: null });
  });

  it('takes nothing but its start', () => {
    for (const command of everyCommand.filter(({ type }) => type !== 'StartSession')) {
      givenBackup().when(command).thenRefused('ILLEGAL_TRANSITION', 'has not been started');
    }
  });

  it('records who, what and under which policy it was started', () => {
    const start = journeyCommands.start('image-level');
    assert.ok(start.type === 'StartSession');
    const { sessionId, instanceId, scope, origin, policy, replicaTargets, now: startedAt } = start;
    for (const pointKind of ['incremental', 'full'] as const) {
      const request = { sessionId, instanceId, scope, origin, policy, pointKind, replicaTargets };
      givenBackup()
        .when({ ...start, pointKind })
        .then({ type: 'SessionStarted', data: { kind: 'backup', ...request, startedAt } });
    }
  });

  it('is asked for a full point only where it makes a point', () => {
    const start = journeyCommands.start('snapshot-only');
    assert.ok(start.type === 'StartSession');
    givenBackup()
      .when({ ...start, pointKind: 'full' })
      .thenRefused('INTERNAL', 'a full point');
  });

  it('is maintenance exactly when it only decides retention', () => {
    const start = journeyCommands.start('retention-only');
    assert.equal(stateAfter(eventsOf(start)).kind, 'maintenance');
    assert.equal(stateAfter(eventsOf(journeyCommands.start('image-level'))).kind, 'backup');
  });

  it('has a policy, unless it is maintenance or made by hand', () => {
    const usual = startOf('snapshot-only');
    const byHand = { kind: 'manual', expiresAt: null } as const;
    givenBackup()
      .when({ ...usual, policy: null })
      .thenRefused('INTERNAL', 'has a policy');
    const manual = { ...usual, policy: null, origin: byHand };
    assert.equal(stateAfter(eventsOf(manual)).policy, null);
    const maintenance = { ...startOf('retention-only'), policy: null };
    assert.equal(stateAfter(eventsOf(maintenance)).policy, null);
  });

  it('names each replica target once, and none for maintenance', () => {
    const backup = startOf('snapshot-only');
    const [target] = backup.replicaTargets;
    assert.ok(target !== undefined);
    givenBackup()
      .when({ ...backup, replicaTargets: [target, { ...target }] })
      .thenRefused('INTERNAL', 'named once');
    givenBackup()
      .when({ ...startOf('retention-only'), replicaTargets: [target] })
      .thenRefused('INTERNAL', 'copies nothing');
  });
});

function startOf(scope: JourneyScope): Extract<BackupCommand, { readonly type: 'StartSession' }> {
  const start = journeyCommands.start(scope);
  assert.ok(start.type === 'StartSession');
  return start;
}
