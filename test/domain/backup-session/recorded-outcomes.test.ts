import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { type BackupStep, nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import {
  canBeGivenUp,
  initialBackupSession,
  isTransferComplete,
} from '../../../src/domain/backup-session/backup-session.ts';
import { evolveBackup } from '../../../src/domain/backup-session/evolve-backup.ts';
import { addCounts, noCounts } from '../../../src/domain/backup-session/transfer-counts.ts';
import { workingPolicy } from '../../../src/domain/backup-session/working-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import {
  eventsAfter,
  eventsBefore,
  eventsOf,
  journeyCommands,
  journeyHistory,
  journeyIds,
  journeys,
  journeyTarget,
  plannedVolume,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { givenBackup } from './given-backup.ts';

const { taken, replicaStarted } = journeyCommands;
const [root, data] = taken.snapshots;
const other = { ...root, volumeId: sampleIds.volume('other') };
const [rootCopy, dataCopy] = replicaStarted.snapshots;

function takenOf(...snapshots: readonly (typeof root | typeof data | undefined)[]): BackupCommand {
  return { ...taken, snapshots: snapshots.filter((one) => one !== undefined) };
}

function copiesOf(...snapshots: readonly (typeof rootCopy)[]): BackupCommand {
  return { ...replicaStarted, snapshots: snapshots.filter((one) => one !== undefined) };
}

describe('the outcome of a step', () => {
  const outcomes: readonly (readonly [BackupStep['kind'], BackupCommand, BackupSessionEvent])[] = [
    [
      'await-snapshots',
      journeyCommands.completed,
      { type: 'SnapshotCompleted', data: { setId: journeyIds.set } },
    ],
    [
      'register-writer',
      journeyCommands.writer,
      {
        type: 'WriterRegistered',
        data: { repositoryId: sampleIds.repository('main'), format: 'strata' },
      },
    ],
    [
      'remove-worker',
      journeyCommands.workerRemoved,
      {
        type: 'WorkerRemoved',
        data: { workers: [journeyIds.worker], volumes: [sampleIds.volume('temporary')] },
      },
    ],
    [
      'close-writer',
      journeyCommands.writerClosed,
      { type: 'WriterClosed', data: { result: 'committed' } },
    ],
  ];
  for (const [step, command, event] of outcomes) {
    it(`of ${step} is recorded whole`, () => {
      givenBackup(...eventsBefore(step))
        .when(command)
        .then(event);
    });
  }

  it('of closing the writer without a point is that it was discarded', () => {
    const givenUp = [journeyCommands.failure('plan-read'), journeyCommands.workerRemoved] as const;
    givenBackup(...eventsAfter(eventsBefore('plan-read'), ...givenUp))
      .when(journeyCommands.writerClosed)
      .then({ type: 'WriterClosed', data: { result: 'discarded' } });
  });

  it('of looking for a set that was perhaps taken is what there is, whole or not', () => {
    const settling = eventsAfter(eventsBefore('take-snapshots'), journeyCommands.cancel);
    givenBackup(...settling)
      .when(takenOf(root))
      .then({
        type: 'SnapshotTaken',
        data: { setId: journeyIds.set, takenAt: taken.takenAt, snapshots: [root] },
      });
  });

  it('of a session that has ended is refused', () => {
    const stations = journeys['snapshot-only'].map(({ command }) => command);
    const ended = eventsOf(journeyCommands.start('snapshot-only'), ...stations);
    givenBackup(...ended)
      .when(journeyCommands.end)
      .thenRefused('ILLEGAL_TRANSITION', 'it has ended (succeeded)');
  });

  it('of points that leave the chain has the reasons of each', () => {
    const history = journeyHistory();
    const [old = assert.fail()] = history.points;
    const byHand = { origin: 'manual', expiresAt: atHour(8) } as const;
    const points = [
      { ...old, ...byHand, id: sampleIds.session('by-hand'), order: -1 },
      ...history.points,
    ];
    const decided = eventsAfter(
      eventsBefore('decide-retention', 'retention-only'),
      journeyCommands.retention({ ...history, points }),
    );
    const expiredAt = journeyCommands.expirePoints.now;
    givenBackup(...decided)
      .when(journeyCommands.expirePoints)
      .then(
        {
          type: 'RestorePointExpired',
          data: {
            pointId: sampleIds.session('by-hand'),
            reasons: [{ kind: 'manual-expired' }],
            expiredAt,
          },
        },
        {
          type: 'RestorePointExpired',
          data: {
            pointId: journeyIds.oldPoint,
            reasons: [{ kind: 'beyond-count', keep: 1 }],
            expiredAt,
          },
        },
      );
  });
});

describe('what a session', () => {
  const stepBefore = (step: BackupStep['kind']): BackupStep =>
    nextBackupStep(stateAfter(eventsBefore(step)));
  const snapshotIds = taken.snapshots.map(({ snapshotId }) => snapshotId);

  it('waits for has its snapshots, or its copies, by name', () => {
    const setId = journeyIds.set;
    assert.deepEqual(stepBefore('await-snapshots'), {
      kind: 'await-snapshots',
      setId,
      snapshotIds,
    });
    const replica = { replicaSetId: journeyIds.replica, target: journeyTarget };
    assert.deepEqual(stepBefore('start-replica'), {
      kind: 'start-replica',
      ...replica,
      snapshotIds,
    });
    assert.deepEqual(stepBefore('await-replica'), {
      kind: 'await-replica',
      ...replica,
      snapshotIds: replicaStarted.snapshots.map(({ snapshotId }) => snapshotId),
    });
  });

  it('wants after its point is committed, or after it has failed, is no more workers', () => {
    const none = { kind: 'remove-worker', workersWanted: 'no-more' };
    assert.deepEqual(stepBefore('remove-worker'), none);
    const failed = eventsAfter(eventsBefore('transfer-blocks'), journeyCommands.failure('any'));
    assert.deepEqual(nextBackupStep(stateAfter(failed)), none);
  });

  it('does is not stopped any more once its retention is decided, or it has ended', () => {
    const removing = eventsBefore('remove-snapshots', 'snapshot-only');
    assert.equal(canBeGivenUp(stateAfter(removing)), false);
    givenBackup(...removing)
      .when(journeyCommands.cancel)
      .thenNothing();
    const before = stateAfter(eventsBefore('request-snapshots'));
    assert.equal(canBeGivenUp(before), true);
    // Sessions of long ago ended without retention.
    assert.equal(canBeGivenUp({ ...before, status: 'succeeded' }), false);
  });

  it('has transferred is complete only when it is known what was to be read', () => {
    assert.equal(isTransferComplete(stateAfter(eventsBefore('plan-read'))), false);
    assert.equal(isTransferComplete(stateAfter(eventsBefore('transfer-blocks'))), false);
    assert.equal(isTransferComplete(stateAfter(eventsBefore('commit-point'))), true);
  });

  it('counts of two parts of a transfer is their sum', () => {
    const part = {
      ...{ blocksRead: 10, blocksUnchanged: 1, blocksZero: 2, blocksDeduplicated: 3 },
      ...{ blocksStored: 4, bytesRead: 5_000, bytesStored: 600 },
    };
    const twice = {
      ...{ blocksRead: 20, blocksUnchanged: 2, blocksZero: 4, blocksDeduplicated: 6 },
      ...{ blocksStored: 8, bytesRead: 10_000, bytesStored: 1_200 },
    };
    assert.deepEqual(addCounts(part, part), twice);
    assert.deepEqual(addCounts(noCounts, part), part);
  });

  it('reads by is its policy, or the defaults, of no instance, when it has none', () => {
    const { policy } = stateAfter(eventsBefore('inspect-instance'));
    assert.equal(workingPolicy({ policy }), policy);
    assert.deepEqual(workingPolicy({ policy: null }), defaultPolicy(sampleIds.policy('none'), []));
  });

  it('copies to may be two keys of one region, and two regions', () => {
    const { region } = journeyTarget;
    const targets = [
      journeyTarget,
      { region, keyId: 'key-1', account: null },
      { region: sampleIds.region('east'), keyId: null, account: null },
    ];
    const start = journeyCommands.start('snapshot-only');
    assert.ok(start.type === 'StartSession');
    const [event] = eventsOf({ ...start, replicaTargets: targets });
    assert.ok(event?.type === 'SessionStarted');
    assert.deepEqual(event.data.replicaTargets, targets);
  });
});

describe('a mistake of the program is refused before it is recorded:', () => {
  const otherSet = { setId: sampleIds.set('other') };
  const otherReplica = { replicaSetId: sampleIds.replica('other') };
  const otherPoint = { pointId: sampleIds.session('other') };
  const { inspected } = journeyCommands;
  const mistakes: readonly (readonly [string, BackupStep['kind'], BackupCommand])[] = [
    [
      'an instance without volumes',
      'inspect-instance',
      { ...inspected, instance: { ...inspected.instance, volumes: [] } },
    ],
    ['a set without snapshots', 'take-snapshots', takenOf()],
    ['a set without one of the volumes', 'take-snapshots', takenOf(root)],
    ['a set with one more volume', 'take-snapshots', takenOf(root, data, other)],
    ['a set with another volume in place of one', 'take-snapshots', takenOf(root, other)],
    ['a set with one volume twice', 'take-snapshots', takenOf(root, data, data)],
    ['a set with one volume twice and one left out', 'take-snapshots', takenOf(root, root)],
    [
      'a read plan without one of the volumes',
      'plan-read',
      { ...journeyCommands.planned, volumes: [plannedVolume('root', 4)] },
    ],
    ['copies of which one is missing', 'start-replica', copiesOf(rootCopy)],
    ['copies of which one is there twice', 'start-replica', copiesOf(rootCopy, rootCopy)],
    ['one copy too many', 'start-replica', copiesOf(rootCopy, dataCopy, dataCopy)],
    ['a point of another session', 'commit-point', { ...journeyCommands.committed, ...otherPoint }],
    ['another set removed', 'remove-snapshots', { ...journeyCommands.removed, ...otherSet }],
    ['another set not removed', 'remove-snapshots', { ...journeyCommands.notRemoved, ...otherSet }],
    [
      'another replica removed',
      'remove-replica',
      { ...journeyCommands.replicaRemoved, ...otherReplica },
    ],
    [
      'another replica not removed',
      'remove-replica',
      { ...journeyCommands.replicaNotRemoved, ...otherReplica },
    ],
    ['another point removed', 'remove-point', { ...journeyCommands.pointRemoved, ...otherPoint }],
    [
      'another point not removed',
      'remove-point',
      { ...journeyCommands.pointNotRemoved, ...otherPoint },
    ],
  ];
  for (const [what, step, command] of mistakes) {
    it(what, () => {
      givenBackup(...eventsBefore(step))
        .when(command)
        .thenRefused('INTERNAL');
    });
  }

  it('a set that was found without snapshots', () => {
    const settling = eventsAfter(eventsBefore('take-snapshots'), journeyCommands.cancel);
    givenBackup(...settling)
      .when(takenOf())
      .thenRefused('INTERNAL');
  });

  it('an event before the session has begun', () => {
    const [, second = assert.fail()] = eventsBefore('request-snapshots');
    assert.throws(() => evolveBackup(initialBackupSession, second), { code: 'INTERNAL' });
  });
});
