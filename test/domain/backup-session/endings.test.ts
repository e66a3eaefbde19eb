import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import { type BackupStep, nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  eventsAfter,
  eventsBefore,
  journeyCommands,
  journeyIds,
  type JourneyScope,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { givenBackup } from './given-backup.ts';

interface WayOut {
  readonly at: BackupStep['kind'];
  readonly scope?: JourneyScope;
  /** What has to be cleaned up before the session ends, in order. */
  readonly cleanUp: readonly (BackupStep['kind'] | 'settled')[];
}

/** A complete set is a part of the chain, so that retention runs as after any backup. */
const retention = [
  'decide-retention',
  'expire-points',
  'clear-removals',
  'remove-snapshots',
  'remove-replica',
  'remove-point',
] as const;

/** Copies that are under way are waited for after a failure, and removed after a cancellation. */
const settled = { failure: 'await-replica', cancellation: 'abandon-replica' } as const;

/** For each step before the commit: what a session that is given up there still has to do. */
const waysOut: readonly WayOut[] = [
  { at: 'inspect-instance', cleanUp: [] },
  { at: 'request-snapshots', cleanUp: [] },
  { at: 'take-snapshots', cleanUp: ['settle-snapshots'] },
  { at: 'await-snapshots', cleanUp: [] },
  // The writer may have been registered, or half, without anybody having recorded it.
  { at: 'request-replica', cleanUp: ['discard-writer', ...retention] },
  // Copies may have been begun without anybody having recorded them.
  { at: 'start-replica', cleanUp: ['discard-writer', 'abandon-replica', ...retention] },
  { at: 'register-writer', cleanUp: ['discard-writer', 'settled', ...retention] },
  // A worker may have been launched while reading was planned, or without anybody having recorded it.
  { at: 'plan-read', cleanUp: ['remove-worker', 'discard-writer', 'settled', ...retention] },
  { at: 'launch-worker', cleanUp: ['remove-worker', 'discard-writer', 'settled', ...retention] },
  { at: 'attach-volumes', cleanUp: ['remove-worker', 'discard-writer', 'settled', ...retention] },
  { at: 'transfer-blocks', cleanUp: ['remove-worker', 'discard-writer', 'settled', ...retention] },
  { at: 'commit-point', cleanUp: ['remove-worker', 'discard-writer', 'settled', ...retention] },
  { at: 'inspect-instance', scope: 'snapshot-only', cleanUp: [] },
  { at: 'take-snapshots', scope: 'snapshot-only', cleanUp: ['settle-snapshots'] },
  { at: 'start-replica', scope: 'snapshot-only', cleanUp: ['abandon-replica', ...retention] },
  { at: 'await-replica', scope: 'snapshot-only', cleanUp: ['settled', ...retention] },
  { at: 'decide-retention', scope: 'snapshot-only', cleanUp: retention },
  { at: 'decide-retention', scope: 'retention-only', cleanUp: [] },
];

function cleanUpAfter(
  what: keyof typeof settled,
  cleanUp: WayOut['cleanUp'],
): readonly BackupStep['kind'][] {
  return cleanUp.map((step) => (step === 'settled' ? settled[what] : step));
}

const cleaningCommands: ReadonlyMap<BackupStep['kind'], BackupCommand> = new Map<
  BackupStep['kind'],
  BackupCommand
>([
  ['settle-snapshots', journeyCommands.abandoned],
  ['remove-worker', journeyCommands.workerRemoved],
  ['discard-writer', journeyCommands.writerClosed],
  ['await-replica', journeyCommands.replicated],
  ['abandon-replica', journeyCommands.replicaFailed],
  ['decide-retention', journeyCommands.retention()],
  ['expire-points', journeyCommands.expirePoints],
  ['clear-removals', journeyCommands.cleared],
  ['remove-snapshots', journeyCommands.removed],
  ['remove-replica', journeyCommands.replicaRemoved],
  ['remove-point', journeyCommands.pointRemoved],
]);

for (const { at, scope = 'image-level', cleanUp } of waysOut) {
  const before = eventsBefore(at, scope);

  describe(`a session that is given up at ${at}, ${scope}`, () => {
    it('because of a failure records it, cleans up and ends as failed with that problem', () => {
      const failure = journeyCommands.failure(at);
      assert.ok(failure.type === 'RecordFailure');
      const { step, problem } = failure;
      givenBackup(...before)
        .when(failure)
        .then({ type: 'FailureDetected', data: { step, problem } });

      const end = cleanedUp([...before, { type: 'FailureDetected', data: { step, problem } }]);
      assert.deepEqual(end.steps, cleanUpAfter('failure', cleanUp));
      givenBackup(...end.events)
        .when(journeyCommands.end)
        .then({ type: 'SessionFailed', data: { problem, endedAt: journeyCommands.end.now } });
    });

    it('because it was cancelled records that, cleans up and ends as cancelled', () => {
      const { reason } = journeyCommands.cancel;
      givenBackup(...before)
        .when(journeyCommands.cancel)
        .then({ type: 'CancellationRequested', data: { reason } });

      const end = cleanedUp([...before, { type: 'CancellationRequested', data: { reason } }]);
      assert.deepEqual(end.steps, cleanUpAfter('cancellation', cleanUp));
      givenBackup(...end.events)
        .when(journeyCommands.end)
        .then({ type: 'SessionCancelled', data: { reason, endedAt: journeyCommands.end.now } });
    });

    it('keeps its first reason: neither a failure nor a cancellation replaces it', () => {
      const given = givenBackup(...eventsAfter(before, journeyCommands.cancel));
      given.when(journeyCommands.failure(at)).thenRefused('ILLEGAL_TRANSITION', 'past the place');
      given.when(journeyCommands.cancel).thenNothing();
    });
  });
}

describe('a session whose restore point is committed', () => {
  const afterCommit = ['remove-worker', 'close-writer', 'await-replica'] as const;
  for (const step of [...afterCommit, ...retention, 'end-session'] as const) {
    it(`cannot be cancelled at ${step}: the wish changes nothing`, () => {
      givenBackup(...eventsBefore(step))
        .when(journeyCommands.cancel)
        .thenNothing();
    });

    it(`cannot fail at ${step}`, () => {
      givenBackup(...eventsBefore(step))
        .when(journeyCommands.failure(step))
        .thenRefused('ILLEGAL_TRANSITION', 'past the place');
    });
  }

  it('ends with a warning for each item that could not be removed, and tries none again', () => {
    const events = eventsAfter(
      eventsBefore('remove-snapshots'),
      journeyCommands.notRemoved,
      journeyCommands.replicaNotRemoved,
      journeyCommands.pointNotRemoved,
    );
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'end-session');
    givenBackup(...events)
      .when(journeyCommands.end)
      .then({
        type: 'SessionCompleted',
        data: {
          outcome: 'warning',
          warnings: [
            journeyCommands.notRemoved.problem,
            journeyCommands.replicaNotRemoved.problem,
            journeyCommands.pointNotRemoved.problem,
          ],
          endedAt: journeyCommands.end.now,
        },
      });
  });
});

describe('a commit whose outcome was lost', () => {
  for (const how of ['failure', 'cancel'] as const) {
    it(`is found while discarding after a ${how}: the session goes on to success`, () => {
      const giveUp = how === 'cancel' ? journeyCommands.cancel : journeyCommands.failure('commit');
      let events = eventsAfter(
        eventsBefore('commit-point'),
        giveUp,
        journeyCommands.workerRemoved,
        journeyCommands.committed,
      );
      assert.equal(stateAfter(events).ending, null, 'the commit is stronger');

      const rest = [
        ['close-writer', journeyCommands.writerClosed],
        ['await-replica', journeyCommands.replicated],
        ['decide-retention', journeyCommands.retention()],
        ['expire-points', journeyCommands.expirePoints],
        ['clear-removals', journeyCommands.cleared],
        ['remove-snapshots', journeyCommands.removed],
        ['remove-replica', journeyCommands.replicaRemoved],
        ['remove-point', journeyCommands.pointRemoved],
        ['end-session', journeyCommands.end],
      ] as const;
      for (const [step, command] of rest) {
        assert.equal(nextBackupStep(stateAfter(events)).kind, step);
        events = eventsAfter(events, command);
      }
      assert.equal(stateAfter(events).status, 'succeeded');
    });
  }
});

describe('a set whose creation has an unknown outcome when its session is given up', () => {
  const givenUp = eventsAfter(eventsBefore('take-snapshots'), journeyCommands.cancel);

  it('is listed when it exists after all, so that retention finds it', () => {
    const state = stateAfter(eventsAfter(givenUp, journeyCommands.taken));
    assert.equal(state.snapshotSet?.state, 'taken');
    assert.equal(nextBackupStep(state).kind, 'end-session');
  });

  it('is abandoned when it does not', () => {
    givenBackup(...givenUp)
      .when(journeyCommands.abandoned)
      .then({ type: 'SnapshotAbandoned', data: { setId: journeyIds.set } });
  });

  it('cannot be abandoned while the session still wants it', () => {
    givenBackup(...eventsBefore('take-snapshots'))
      .when(journeyCommands.abandoned)
      .thenRefused('ILLEGAL_TRANSITION', "'take-snapshots'");
  });
});

type History = ReturnType<typeof eventsBefore>;

/** Goes through the steps of cleaning up, until only the end of the session is left. */
function cleanedUp(history: History): {
  readonly events: History;
  readonly steps: readonly string[];
} {
  let events = history;
  const steps: string[] = [];
  for (;;) {
    const { kind } = nextBackupStep(stateAfter(events));
    if (kind === 'end-session') return { events, steps };
    const command = cleaningCommands.get(kind);
    assert.ok(command !== undefined, `${kind} is no step of cleaning up`);
    steps.push(kind);
    events = eventsAfter(events, command);
  }
}
