import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import {
  eventsAfter,
  eventsBefore,
  eventsOf,
  journeyCommands,
  journeyIds,
  journeyTarget,
  stateAfter,
  transferred,
} from '../../support/domain/backup-journey.ts';
import type { ReplicaTarget } from '../../../src/domain/policy/replica-target.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const fresh = eventsOf(journeyCommands.start('image-level'));

describe('the state of a session', () => {
  it('has nothing at its beginning: no set, no writer, no transfer, no replica', () => {
    const { snapshotSet, writer, transfers, replicas } = stateAfter(fresh);
    assert.deepEqual([snapshotSet, writer, transfers, replicas], [null, { state: 'none' }, [], []]);
  });

  it('has of a set that was asked for no snapshots, and knows one that does not exist', () => {
    const requested = eventsBefore('take-snapshots');
    const set = { setId: journeyIds.set, takenAt: null, snapshots: [] };
    assert.deepEqual(stateAfter(requested).snapshotSet, { ...set, state: 'requested' });
    const abandoned = eventsAfter(requested, journeyCommands.cancel, journeyCommands.abandoned);
    assert.deepEqual(stateAfter(abandoned).snapshotSet, { ...set, state: 'abandoned' });
  });

  it('has perhaps a writer once its set is complete, if it is to make a point', () => {
    const writerOf = (scope: 'image-level' | 'snapshot-only') =>
      stateAfter(eventsBefore('request-replica', scope)).writer;
    assert.deepEqual(writerOf('image-level'), { state: 'possible' });
    assert.deepEqual(writerOf('snapshot-only'), { state: 'none' });
  });

  it('has perhaps a worker once its writer is registered, unless it reads directly', () => {
    const [, ...rest] = eventsBefore('plan-read');
    const workerOf = (transport: 'worker' | 'direct') =>
      stateAfter([...eventsOf(journeyCommands.start('image-level', transport)), ...rest]).worker;
    assert.deepEqual(workerOf('worker'), { state: 'possible', attemptsUsed: 0 });
    assert.deepEqual(workerOf('direct'), { state: 'none', attemptsUsed: 0 });
  });

  it('has no writer any more when one was only possible and is closed', () => {
    const possible = eventsBefore('register-writer');
    const closed = eventsAfter(
      possible,
      journeyCommands.failure('register-writer'),
      journeyCommands.writerClosed,
    );
    assert.deepEqual(stateAfter(closed).writer, { state: 'none' });
  });

  it('has the volumes of a worker, also when it is lost, once they are attached', () => {
    const volumesOf = (events: readonly BackupSessionEvent[]): unknown => {
      const { worker } = stateAfter(events);
      return 'volumes' in worker ? [worker.state, worker.volumes] : worker.state;
    };
    const launched = eventsBefore('attach-volumes');
    const attached = eventsBefore('transfer-blocks');
    const { volumes } = journeyCommands.attached;
    assert.deepEqual(volumesOf(launched), ['launched', []]);
    const lost = journeyCommands.workerLost(3);
    assert.deepEqual(volumesOf(eventsAfter(launched, lost)), ['lost', []]);
    assert.deepEqual(volumesOf(attached), ['attached', volumes]);
    assert.deepEqual(volumesOf(eventsAfter(attached, lost)), ['lost', volumes]);
  });

  it('has runs of segments: those that follow each other in one attempt are one', () => {
    const runsOf = (...parts: readonly (readonly [number, number, number])[]): unknown => {
      const events = parts.map(([attempt, firstSegment, endSegment]): BackupSessionEvent => ({
        type: 'BlocksTransferred',
        data: transferred({ attempt, firstSegment, endSegment }),
      }));
      const { transfers } = stateAfter([...eventsBefore('transfer-blocks'), ...events]);
      return transfers[0]?.segments.map(({ attempt, firstSegment, endSegment }) => [
        ...[attempt, firstSegment, endSegment],
      ]);
    };
    assert.deepEqual(runsOf([1, 0, 1], [1, 1, 3]), [[1, 0, 3]]);
    assert.deepEqual(runsOf([1, 0, 1], [2, 0, 2], [2, 2, 3]), [
      [1, 0, 1],
      [2, 0, 3],
    ]);
    assert.deepEqual(runsOf([1, 0, 1], [1, 4, 5]), [
      [1, 0, 1],
      [1, 4, 5],
    ]);
  });

  it('has for each replica what became of that one', () => {
    const east = { region: sampleIds.region('east'), keyId: null, account: null };
    const replica = (name: string, target: ReplicaTarget) => ({
      replicaSetId: sampleIds.replica(name),
      target,
    });
    const [west, other] = [replica('west', journeyTarget), replica('east', east)];
    const { problem } = journeyCommands.replicaFailed;
    const statesAfter = (...events: readonly BackupSessionEvent[]): readonly string[] =>
      stateAfter([...fresh, ...events]).replicas.map(({ state }) => state);
    const requested: readonly BackupSessionEvent[] = [west, other].map((data) => ({
      type: 'ReplicaRequested',
      data,
    }));
    const failed = (copies: 'none' | 'perhaps-left'): BackupSessionEvent => ({
      type: 'ReplicaFailed',
      data: { ...other, problem, copies, stillShared: null },
    });
    assert.deepEqual(statesAfter(...requested), ['requested', 'requested']);
    assert.deepEqual(statesAfter(...requested, failed('none')), ['requested', 'failed']);
    assert.deepEqual(statesAfter(...requested, failed('perhaps-left')), ['requested', 'torn']);
  });

  it('cannot be that of events which do not follow from each other', () => {
    const broken: readonly BackupSessionEvent[] = [
      { type: 'SnapshotCompleted', data: { setId: journeyIds.set } },
      { type: 'WriterClosed', data: { result: 'discarded' } },
      { type: 'DirectReadStarted', data: { attempt: 1 } },
      {
        type: 'DirectReadFailed',
        data: { attempt: 1, problem: { code: 'DISK_UNREADABLE', message: 'it cannot be read' } },
      },
    ];
    for (const event of broken) {
      assert.throws(() => stateAfter([...fresh, event]), { code: 'INTERNAL' });
    }
  });
});
