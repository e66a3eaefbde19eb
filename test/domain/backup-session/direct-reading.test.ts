import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  eventsAfter,
  eventsBefore,
  eventsOf,
  journeyCommands,
  journeyIds,
  stateAfter,
  transferred,
} from '../../support/domain/backup-journey.ts';
import { givenBackup } from './given-backup.ts';

const { directRead, directReadFailed } = journeyCommands;

/** A session whose read plan is made, and whose policy has the engine read by itself. */
function planned(): readonly BackupSessionEvent[] {
  const [, ...rest] = eventsBefore('launch-worker');
  return [...eventsOf(journeyCommands.start('image-level', 'direct')), ...rest];
}

function after(...commands: readonly BackupCommand[]): readonly BackupSessionEvent[] {
  return eventsAfter(planned(), ...commands);
}

const stepAfter = (...commands: readonly BackupCommand[]): ReturnType<typeof nextBackupStep> =>
  nextBackupStep(stateAfter(after(...commands)));

const readsDirectly = (attempt: number, failures: number) => ({
  kind: 'read-directly',
  attempt,
  failures,
});

describe('a session that reads directly', () => {
  it('launches no worker: it is its own reader from the plan on', () => {
    assert.deepEqual(stepAfter(), readsDirectly(0, 0));
  });

  it('records each attempt before it reads', () => {
    givenBackup(...planned())
      .when(directRead(1))
      .then({ type: 'DirectReadStarted', data: { attempt: 1 } });
    assert.deepEqual(stepAfter(directRead(1)), readsDirectly(1, 0));
    // An engine that goes on with it begins an attempt of its own; nothing has failed.
    assert.deepEqual(stepAfter(directRead(1), directRead(2)), readsDirectly(2, 0));
  });

  it('counts its failures in a row', () => {
    const failed = directReadFailed(3);
    assert.deepEqual(stepAfter(directRead(1), failed), readsDirectly(1, 1));
    assert.deepEqual(stepAfter(directRead(1), failed, directRead(2)), readsDirectly(2, 1));
    assert.deepEqual(stepAfter(directRead(1), failed, directRead(2), failed), readsDirectly(2, 2));
  });

  it('counts them anew after something was stored', () => {
    const progress = journeyCommands.transferred({ attempt: 2, endPlanned: 2 });
    const step = stepAfter(directRead(1), directReadFailed(3), directRead(2), progress);
    assert.deepEqual(step, readsDirectly(2, 0));
  });

  it('goes on after a failure as long as it may fail once more', () => {
    const failed = directReadFailed(2);
    assert.ok(failed.type === 'RecordDirectReadFailed');
    const { problem } = failed;
    givenBackup(...after(directRead(1)))
      .when(failed)
      .then({ type: 'DirectReadFailed', data: { attempt: 1, problem } });
    givenBackup(...after(directRead(1), failed, directRead(2)))
      .when(failed)
      .then(
        { type: 'DirectReadFailed', data: { attempt: 2, problem } },
        { type: 'FailureDetected', data: { step: 'read-directly', problem } },
      );
  });

  it('leaves no worker to be looked for, whether it fails or commits', () => {
    assert.deepEqual(stepAfter(directRead(1), directReadFailed(1)), { kind: 'discard-writer' });
    const read = journeyCommands.transferred({ attempt: 1 });
    assert.deepEqual(stepAfter(directRead(1), read, journeyCommands.committed), {
      kind: 'close-writer',
    });
  });

  it('has what was stored in its attempts, as from a worker', () => {
    const { worker, transfers } = stateAfter(
      after(directRead(1), journeyCommands.transferred({ endSegment: 2, endPlanned: 3 })),
    );
    assert.deepEqual(worker, { state: 'direct', attemptsUsed: 1, failures: 0 });
    assert.deepEqual(transfers[0]?.segments, [{ attempt: 1, firstSegment: 0, endSegment: 2 }]);
  });

  it('is refused what is of no attempt of it', () => {
    for (const attempt of [0, 2]) {
      givenBackup(...planned())
        .when(directRead(attempt))
        .thenRefused('INTERNAL', 'attempts are counted');
    }
    givenBackup(...planned())
      .when(directReadFailed(3))
      .thenRefused('INTERNAL', 'only what was begun fails');
  });
});

describe('the progress of a worker', () => {
  it('leaves the worker as it is', () => {
    const attached = stateAfter(eventsBefore('transfer-blocks'));
    const events = [
      ...eventsBefore('transfer-blocks'),
      { type: 'BlocksTransferred', data: transferred({ volumeId: journeyIds.root }) } as const,
    ];
    assert.deepEqual(stateAfter(events).worker, attached.worker);
  });
});
