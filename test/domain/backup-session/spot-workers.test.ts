import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import type { WorkerPolicy } from '../../../src/domain/policy/worker-policy.ts';
import {
  eventsAfter,
  eventsBeforeWorker,
  journeyCommands,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { givenBackup } from './given-backup.ts';

function launchedIn(events: readonly BackupSessionEvent[]): readonly string[] {
  return events.flatMap(({ type, data }) =>
    type === 'WorkerLaunched' ? [`${data.attempt} ${data.market}`] : [],
  );
}

const spot: WorkerPolicy = { types: [], market: 'spot' };

describe('a policy that says spot', () => {
  it('has the first worker of a session launched as a spot instance', () => {
    const events = eventsAfter(eventsBeforeWorker(spot), journeyCommands.worker(1));
    assert.deepEqual(launchedIn(events), ['1 spot']);
  });

  it('has it launched on demand when it was refused, which is recorded', () => {
    const refused = eventsAfter(eventsBeforeWorker(spot), journeyCommands.spotRefused(1));
    const problem = { code: 'SPOT_REFUSED', message: 'there is no spot instance now' };
    assert.deepEqual(refused.at(-1), { type: 'SpotRefused', data: { attempt: 1, problem } });
    assert.deepEqual(nextBackupStep(stateAfter(refused)), { kind: 'launch-worker', attempt: 1 });
    assert.deepEqual(launchedIn(eventsAfter(refused, journeyCommands.worker(1))), ['1 on-demand']);
  });

  it('has a lost one replaced by one on demand', () => {
    const events = eventsAfter(
      eventsBeforeWorker(spot),
      journeyCommands.worker(1),
      journeyCommands.workerLost(3),
      journeyCommands.workerRemoved,
      journeyCommands.worker(2),
    );
    assert.deepEqual(launchedIn(events), ['1 spot', '2 on-demand']);
  });
});

describe('what was not asked for as a spot instance', () => {
  for (const [what, before] of [
    ['under a policy that says on demand', eventsBeforeWorker({ types: [], market: 'on-demand' })],
    ['after a refusal', eventsAfter(eventsBeforeWorker(spot), journeyCommands.spotRefused(1))],
  ] as const) {
    it(`cannot be refused as one: ${what}`, () => {
      givenBackup(...before)
        .when(journeyCommands.spotRefused(1))
        .thenRefused('INTERNAL', 'only a spot instance');
    });
  }

  it('cannot be refused as another attempt', () => {
    givenBackup(...eventsBeforeWorker(spot))
      .when(journeyCommands.spotRefused(2))
      .thenRefused('INTERNAL', 'the attempt that was refused');
  });
});

describe('a table of types', () => {
  it('is asked with the size of all volumes that are backed up', () => {
    // Each volume fits into the first row, both of them do not.
    const types = [
      { upToGib: 2 / 1024, instanceType: 'c7g.medium' },
      { upToGib: 1, instanceType: 'c7g.large' },
    ];
    const before = eventsBeforeWorker({ types, market: 'on-demand' });
    givenBackup(...before)
      .when(journeyCommands.worker(1))
      .then({
        type: 'WorkerLaunched',
        data: {
          attempt: 1,
          workerId: sampleIds.worker(1),
          instanceType: 'c7g.large',
          market: 'on-demand',
        },
      });
  });
});
