import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  eventsAfter,
  eventsBefore,
  journeyCommands,
  journeyIds,
  plannedVolume,
  stateAfter,
  transferred,
} from '../../support/domain/backup-journey.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { givenBackup } from './given-backup.ts';

describe('a worker that is lost', () => {
  for (const at of ['attach-volumes', 'transfer-blocks'] as const) {
    it(`at ${at} is removed and replaced while attempts are left`, () => {
      const lost = eventsAfter(eventsBefore(at), journeyCommands.workerLost(3));
      assert.deepEqual(nextBackupStep(stateAfter(lost)), {
        kind: 'remove-worker',
        workersWanted: 'one-more',
      });
      const removed = eventsAfter(lost, journeyCommands.workerRemoved);
      assert.deepEqual(nextBackupStep(stateAfter(removed)), { kind: 'launch-worker', attempt: 2 });
    });

    it(`at ${at} in the last attempt fails the session`, () => {
      const command = journeyCommands.workerLost(1);
      assert.ok(command.type === 'RecordWorkerLost');
      const { problem } = command;
      givenBackup(...eventsBefore(at))
        .when(command)
        .then(
          { type: 'WorkerLost', data: { attempt: 1, workerId: journeyIds.worker, problem } },
          { type: 'FailureDetected', data: { step: at, problem } },
        );
    });
  }

  it('is replaced exactly up to the limit', () => {
    const attemptsMax = 3;
    let events = eventsBefore('launch-worker');
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      assert.deepEqual(nextBackupStep(stateAfter(events)), { kind: 'launch-worker', attempt });
      events = eventsAfter(
        events,
        journeyCommands.worker(attempt),
        journeyCommands.workerLost(attemptsMax),
        journeyCommands.workerRemoved,
      );
    }
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'discard-writer');
    assert.equal(stateAfter(events).ending?.outcome, 'failed');
  });

  it('leaves behind what it made durable; the next one goes on from there', () => {
    const first = transferred({ endSegment: 2, endPlanned: 3, bytesStored: 30 });
    const second = transferred({ attempt: 2, endSegment: 1, endPlanned: 4, bytesStored: 12 });
    const events = eventsAfter(
      eventsBefore('transfer-blocks'),
      journeyCommands.transferred(first),
      journeyCommands.workerLost(3),
      journeyCommands.workerRemoved,
      journeyCommands.worker(2),
      journeyCommands.attached,
      journeyCommands.transferred(second),
    );
    const { transfers } = stateAfter(events);
    const root = transfers.find(({ volumeId }) => volumeId === journeyIds.root);
    assert.deepEqual(root?.segments, [
      { attempt: 1, firstSegment: 0, endSegment: 2 },
      { attempt: 2, firstSegment: 0, endSegment: 1 },
    ]);
    assert.equal(root.bytesStored, 42);
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'commit-point');
  });

  it('cannot be recorded as another attempt than the one asked for', () => {
    givenBackup(...eventsBefore('launch-worker'))
      .when(journeyCommands.worker(2))
      .thenRefused('INTERNAL', 'the attempt that was launched');
  });
});

describe('the progress of a transfer', () => {
  const given = givenBackup(...eventsBefore('transfer-blocks'));

  it('joins runs of segments of one attempt that follow each other', () => {
    const events = eventsAfter(
      eventsBefore('transfer-blocks'),
      journeyCommands.transferred({ endSegment: 1, endPlanned: 1 }),
      journeyCommands.transferred({ firstSegment: 1, endSegment: 5, endPlanned: 2 }),
    );
    const { transfers } = stateAfter(events);
    assert.deepEqual(transfers[0]?.segments, [{ attempt: 1, firstSegment: 0, endSegment: 5 }]);
    assert.equal(transfers[0].blocksRead, 8);
  });

  const wrong = [
    ['of a volume that was not planned', { volumeId: sampleIds.volume('other') }, 'only planned'],
    ['of another attempt', { attempt: 2 }, 'only the present attempt'],
    ['with a gap before it', { firstSegment: 1, endSegment: 2 }, 'goes on where'],
    ['without a segment', { endSegment: 0 }, 'at least one segment'],
    ['that goes nowhere', { endPlanned: 0 }, 'goes forwards'],
    ['beyond the plan', { endPlanned: 5 }, 'within the plan'],
  ] as const;
  for (const [what, progress, words] of wrong) {
    it(`${what} is a defect`, () => {
      given.when(journeyCommands.transferred(progress)).thenRefused('INTERNAL', words);
    });
  }
});

describe('a session in which nothing has to be read', () => {
  it('launches no worker: it goes straight to the commit', () => {
    const nothing = [plannedVolume('root', 0), plannedVolume('data', 0)];
    const events = eventsAfter(eventsBefore('plan-read'), {
      type: 'RecordReadPlan',
      volumes: nothing,
    });
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'commit-point');
    const committed = eventsAfter(events, journeyCommands.committed);
    assert.equal(nextBackupStep(stateAfter(committed)).kind, 'close-writer');
  });
});

describe('a session that another engine goes on with', () => {
  it('looks for a worker of which no event tells, before it gives up', () => {
    const events = eventsAfter(eventsBefore('launch-worker'), journeyCommands.cancel);
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'remove-worker');
  });

  it('looks for the next worker too, after a lost one was removed', () => {
    const events = eventsAfter(
      eventsBefore('transfer-blocks'),
      journeyCommands.workerLost(3),
      journeyCommands.workerRemoved,
      journeyCommands.cancel,
    );
    assert.equal(nextBackupStep(stateAfter(events)).kind, 'remove-worker');
  });

  it('does not ask again for what is recorded, whichever event was the last', () => {
    const whole = eventsAfter(eventsBefore('end-session'), journeyCommands.end);
    const steps = whole.map((_, index) => nextBackupStep(stateAfter(whole.slice(0, index + 1))));
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      [
        'inspect-instance',
        'request-snapshots',
        'take-snapshots',
        'await-snapshots',
        'request-replica',
        'start-replica',
        'register-writer',
        'plan-read',
        'launch-worker',
        'attach-volumes',
        'transfer-blocks',
        'commit-point',
        'remove-worker',
        'close-writer',
        'await-replica',
        'decide-retention',
        'expire-points',
        'clear-removals',
        'remove-snapshots',
        'remove-replica',
        'remove-point',
        'end-session',
        'nothing',
      ],
    );
  });
});
