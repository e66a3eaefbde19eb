import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { BackupScope } from '../../../src/domain/backup-session/backup-events.ts';
import { type BackupStep, nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  eventsAfter,
  eventsBefore,
  journeyCommands,
  journeyIds,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { givenBackup } from './given-backup.ts';

interface WayOut {
  readonly at: BackupStep['kind'];
  readonly scope?: BackupScope;
  /** What has to be cleaned up before the session ends, in order. */
  readonly cleanUp: readonly BackupStep['kind'][];
}

/** A complete set is a part of the chain, so that retention runs as after any backup. */
const retention = ['decide-retention', 'remove-snapshots'] as const;

/** For each step before the commit: what a session that is given up there still has to do. */
const waysOut: readonly WayOut[] = [
  { at: 'inspect-instance', cleanUp: [] },
  { at: 'request-snapshots', cleanUp: [] },
  { at: 'take-snapshots', cleanUp: ['settle-snapshots'] },
  { at: 'await-snapshots', cleanUp: [] },
  // It may have been registered, or half, without anybody having recorded it.
  { at: 'register-writer', cleanUp: ['discard-writer', ...retention] },
  { at: 'plan-read', cleanUp: ['discard-writer', ...retention] },
  // The engine may have died between launching a worker and recording it.
  { at: 'launch-worker', cleanUp: ['remove-worker', 'discard-writer', ...retention] },
  { at: 'attach-volumes', cleanUp: ['remove-worker', 'discard-writer', ...retention] },
  { at: 'transfer-blocks', cleanUp: ['remove-worker', 'discard-writer', ...retention] },
  { at: 'commit-point', cleanUp: ['remove-worker', 'discard-writer', ...retention] },
  { at: 'inspect-instance', scope: 'snapshot-only', cleanUp: [] },
  { at: 'take-snapshots', scope: 'snapshot-only', cleanUp: ['settle-snapshots'] },
  { at: 'decide-retention', scope: 'snapshot-only', cleanUp: retention },
];

const cleaningCommands: ReadonlyMap<BackupStep['kind'], BackupCommand> = new Map<
  BackupStep['kind'],
  BackupCommand
>([
  ['settle-snapshots', journeyCommands.abandoned],
  ['remove-worker', journeyCommands.workerRemoved],
  ['discard-writer', journeyCommands.writerClosed],
  ['decide-retention', journeyCommands.retention()],
  ['remove-snapshots', journeyCommands.removed],
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
      assert.deepEqual(end.steps, cleanUp);
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
      assert.deepEqual(end.steps, cleanUp);
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
  const afterCommit = ['remove-worker', 'close-writer', 'decide-retention'] as const;
  for (const step of [...afterCommit, 'remove-snapshots', 'end-session'] as const) {
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

  it('ends with a warning when a set could not be removed, and does not try it again', () => {
    const events = eventsAfter(eventsBefore('remove-snapshots'), journeyCommands.notRemoved);
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'end-session');
    givenBackup(...events)
      .when(journeyCommands.end)
      .then({
        type: 'SessionCompleted',
        data: {
          outcome: 'warning',
          warnings: [journeyCommands.notRemoved.problem],
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
        ['decide-retention', journeyCommands.retention()],
        ['remove-snapshots', journeyCommands.removed],
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
