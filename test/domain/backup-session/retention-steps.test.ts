import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupCommand } from '../../../src/domain/backup-session/backup-commands.ts';
import type { BackupSessionEvent } from '../../../src/domain/backup-session/backup-events.ts';
import { nextBackupStep } from '../../../src/domain/backup-session/backup-step.ts';
import type { InstanceHistory } from '../../../src/domain/retention/instance-history.ts';
import { keepObsolete } from '../../../src/domain/retention/obsolete-rule.ts';
import type { ItemRef, PointDependency } from '../../../src/domain/retention/retention-plan.ts';
import {
  eventsAfter,
  eventsBefore,
  journeyCommands,
  journeyHistory,
  journeyIds,
  stateAfter,
} from '../../support/domain/backup-journey.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { givenBackup } from './given-backup.ts';

const decided = eventsBefore('expire-points', 'retention-only');
const clearing = eventsBefore('clear-removals', 'retention-only');

function stepAfter(events: readonly BackupSessionEvent[]): object {
  return nextBackupStep(stateAfter(events));
}

function cleared(...items: readonly ItemRef[]): BackupCommand {
  const withheld = items.map((item) => ({ item, holdId: sampleIds.hold('late') }));
  return { type: 'RecordRemovalsCleared', withheld };
}

const { oldSet, oldReplica, oldPoint } = journeyIds;

describe('after retention has decided, a session', () => {
  it('records each point that leaves the chain, with its reasons', () => {
    givenBackup(...decided)
      .when(journeyCommands.expirePoints)
      .then({
        type: 'RestorePointExpired',
        data: {
          pointId: oldPoint,
          reasons: [{ kind: 'beyond-count', keep: 1 }],
          expiredAt: journeyCommands.expirePoints.now,
        },
      });
  });

  it('has everything cleared at once that it is about to remove', () => {
    assert.deepEqual(stepAfter(clearing), {
      kind: 'clear-removals',
      items: [
        { kind: 'snapshot-set', id: oldSet },
        { kind: 'replica', id: oldReplica },
        { kind: 'restore-point', id: oldPoint },
      ],
    });
  });

  it('removes nothing that a hold took out, and has then no warning', () => {
    const held: readonly ItemRef[] = [
      { kind: 'snapshot-set', id: oldSet },
      { kind: 'restore-point', id: oldPoint },
    ];
    const events = eventsAfter(clearing, cleared(...held));
    assert.deepEqual(stepAfter(events), { kind: 'remove-replica', replicaSetId: oldReplica });
    const after = eventsAfter(events, journeyCommands.replicaRemoved);
    assert.deepEqual(stepAfter(after), { kind: 'end-session' });
    assert.deepEqual(stateAfter(after).warnings, []);
  });

  it('ends at once when there is nothing to do', () => {
    const history: InstanceHistory = { ...journeyHistory(), sets: [], replicas: [], points: [] };
    const events = eventsAfter(
      eventsBefore('decide-retention', 'retention-only'),
      journeyCommands.retention(history),
    );
    assert.deepEqual(stepAfter(events), { kind: 'end-session' });
  });

  it('takes the outcome of one item for no other', () => {
    const removing = eventsAfter(clearing, journeyCommands.cleared);
    const other = { ...journeyCommands.removed, setId: sampleIds.set('other') };
    givenBackup(...removing)
      .when(other)
      .thenRefused('INTERNAL', 'the one recorded');
  });
});

describe('restore points beyond number', () => {
  /** Points 0 to `count` - 1, oldest first, each compared with the one before. */
  function manyPoints(count: number): InstanceHistory {
    const history = journeyHistory();
    const [old] = history.points;
    assert.ok(old !== undefined);
    const points = Array.from({ length: count }, (_, order) => ({
      ...old,
      id: sampleIds.session(order),
      order,
      takenAt: atHour(order),
      parents: order === 0 ? [] : [sampleIds.session(order - 1)],
    }));
    return { ...history, sets: [], replicas: [], points };
  }

  function deciding(count: number, pointDependency: PointDependency): BackupCommand {
    const history = manyPoints(count);
    const now = atHour(count);
    return { type: 'DecideRetention', history, obsolete: keepObsolete, pointDependency, now };
  }

  const before = eventsBefore('decide-retention', 'retention-only');

  it('are recorded as expired in appends that a store takes', () => {
    let events = eventsAfter(before, deciding(124, 'independent'));
    const batches: number[] = [];
    while (nextBackupStep(stateAfter(events)).kind === 'expire-points') {
      const after = eventsAfter(events, journeyCommands.expirePoints);
      batches.push(after.length - events.length);
      events = after;
    }
    assert.deepEqual(batches, [50, 50, 23]);
    assert.equal(new Set(stateAfter(events).expiredPoints).size, 123);
  });

  it('are removed newest first; one that cannot be removed does not keep the others', () => {
    const events = eventsAfter(
      before,
      deciding(4, 'independent'),
      journeyCommands.expirePoints,
      journeyCommands.cleared,
    );
    assert.deepEqual(stepAfter(events), { kind: 'remove-point', pointId: sampleIds.session(2) });
    const failed = eventsAfter(events, {
      ...journeyCommands.pointNotRemoved,
      pointId: sampleIds.session(2),
    });
    assert.deepEqual(stepAfter(failed), { kind: 'remove-point', pointId: sampleIds.session(1) });
  });

  describe('in a format whose points need those before them', () => {
    /** Two chains: the last point is a full one, so that the others may go. */
    function events(...more: readonly BackupCommand[]): readonly BackupSessionEvent[] {
      const history = manyPoints(4);
      const points = history.points.map((one, order) => ({
        ...one,
        parents: order === 3 ? [] : one.parents,
      }));
      const decide: BackupCommand = {
        type: 'DecideRetention',
        history: { ...history, points },
        obsolete: keepObsolete,
        pointDependency: 'needs-parent',
        now: atHour(4),
      };
      return eventsAfter(before, decide, journeyCommands.expirePoints, ...more);
    }

    it('none is removed that an older one of them still needs', () => {
      const failing = { ...journeyCommands.pointNotRemoved, pointId: sampleIds.session(2) };
      const failed = events(journeyCommands.cleared, failing);
      assert.deepEqual(stepAfter(failed), { kind: 'end-session' });
      assert.equal(stateAfter(failed).warnings.length, 1);
    });

    it('a set that was held meanwhile keeps no point', () => {
      const history = journeyHistory();
      const decide: BackupCommand = {
        type: 'DecideRetention',
        history: { ...history, points: history.points.map((one) => ({ ...one, parents: [] })) },
        obsolete: keepObsolete,
        pointDependency: 'needs-parent',
        now: atHour(18),
      };
      const held = cleared({ kind: 'snapshot-set', id: oldSet });
      const after = eventsAfter(before, decide, journeyCommands.expirePoints, held);
      assert.deepEqual(stepAfter(after), { kind: 'remove-replica', replicaSetId: oldReplica });
    });

    it('none is removed that is needed by one that was held meanwhile', () => {
      const held = events(cleared({ kind: 'restore-point', id: sampleIds.session(1) }));
      assert.deepEqual(stepAfter(held), { kind: 'remove-point', pointId: sampleIds.session(2) });
      const after = eventsAfter(held, {
        ...journeyCommands.pointRemoved,
        pointId: sampleIds.session(2),
      });
      assert.deepEqual(stepAfter(after), { kind: 'end-session' });
    });
  });
});

describe('a copy that fails', () => {
  for (const step of ['start-replica', 'await-replica'] as const) {
    it(`at ${step} is a warning, and the session goes on`, () => {
      const events = eventsAfter(
        eventsBefore(step, 'snapshot-only'),
        journeyCommands.replicaFailed,
      );
      assert.deepEqual(stepAfter(events), { kind: 'decide-retention' });
      assert.deepEqual(stateAfter(events).warnings, [journeyCommands.replicaFailed.problem]);
    });
  }

  it('and leaves something behind is kept in mind for retention', () => {
    const events = eventsAfter(eventsBefore('await-replica', 'snapshot-only'), {
      ...journeyCommands.replicaFailed,
      copies: 'perhaps-left',
    });
    assert.equal(stateAfter(events).replicas[0]?.state, 'torn');
  });

  it('is not begun but for every snapshot of the set', () => {
    const { snapshots } = journeyCommands.replicaStarted;
    givenBackup(...eventsBefore('start-replica'))
      .when({ type: 'RecordReplicaStarted', snapshots: snapshots.slice(1) })
      .thenRefused('INTERNAL', 'exactly the snapshots');
  });
});
