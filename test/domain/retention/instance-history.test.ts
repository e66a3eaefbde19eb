import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cbtBase } from '../../../src/domain/retention/cbt-base.ts';
import type { PointId } from '../../../src/domain/identifiers.ts';
import { evolveInstance, initialInstance } from '../../../src/domain/instance/instance-state.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import type { PlannedVolume } from '../../../src/domain/backup-session/backup-events.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { StartedBackup } from '../../../src/domain/backup-session/backup-session.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';
import { historyOf, toldSession } from '../../support/domain/told-sessions.ts';
import { compareChainItems } from '../../../src/domain/retention/chain-item.ts';

describe('what is known of an instance', () => {
  it('is nothing before its first session', () => {
    assert.deepEqual(instanceHistory([]), {
      sets: [],
      replicas: [],
      points: [],
      imageLevel: [],
      volumeIds: new Set(),
      holds: [],
      gone: [],
    });
  });

  it('has the volumes of the newest set that was taken, whatever became of later sessions', () => {
    const { volumeIds } = historyOf(
      { name: 'morning', takenAtHour: 7 },
      { name: 'asked', takenAtHour: 9, set: 'requested', status: 'failed' },
      { name: 'never', takenAtHour: 10, set: 'none', status: 'failed' },
    );
    assert.deepEqual(volumeIds, new Set([sampleIds.volume('root')]));
  });

  it('lists the sets that exist in the order of their sessions', () => {
    const { sets } = historyOf(
      { name: 'morning', takenAtHour: 7 },
      { name: 'never', takenAtHour: 8, set: 'none', status: 'failed' },
      { name: 'asked', takenAtHour: 9, set: 'requested', status: 'running' },
      { name: 'abandoned', takenAtHour: 10, set: 'abandoned', status: 'cancelled' },
      { name: 'noon', takenAtHour: 12 },
    );
    assert.deepEqual(
      sets.map(({ id }) => id),
      [sampleIds.set('morning'), sampleIds.set('noon')],
    );
  });

  it('takes the newest set for the newest although the clock was set back before it', () => {
    const { sets } = historyOf(
      { name: 'first', takenAtHour: 9 },
      { name: 'second', takenAtHour: 10 },
      { name: 'newest', takenAtHour: 5 },
    );
    assert.equal(sets.toSorted(compareChainItems).at(-1)?.id, sampleIds.set('newest'));
  });

  it('leaves out what a later session removed', () => {
    const { sets } = historyOf(
      { name: 7, takenAtHour: 7 },
      { name: 9, takenAtHour: 9, removed: [7] },
    );
    assert.deepEqual(
      sets.map(({ id }) => id),
      [sampleIds.set(9)],
    );
  });

  const conditions = [
    ['completed', 'succeeded', 'complete'],
    ['completed', 'failed', 'complete'],
    ['completed', 'cancelled', 'complete'],
    ['taken', 'failed', 'incomplete'],
    ['taken', 'cancelled', 'incomplete'],
    ['taken', 'running', 'complete'],
  ] as const;
  for (const [set, status, condition] of conditions) {
    it(`takes a set that is ${set} for ${condition} when its session is ${status}`, () => {
      const { sets } = historyOf({ name: 7, takenAtHour: 7, set, status });
      assert.equal(sets[0]?.condition, condition);
    });
  }

  it('says which session uses which set, as long as it runs', () => {
    const { sets } = historyOf(
      { name: 7, takenAtHour: 7 },
      { name: 9, takenAtHour: 9, status: 'running' },
    );
    assert.deepEqual(
      sets.map(({ id, usedBy }) => [id, usedBy]),
      [
        [sampleIds.set(7), []],
        [sampleIds.set(9), [sampleIds.session(9)]],
      ],
    );
  });

  it('does not count a set whose removal was begun and failed as one to restore from', () => {
    const sessions = [
      toldSession({ name: 7, takenAtHour: 7 }),
      {
        ...toldSession({ name: 9, takenAtHour: 9 }),
        unremoved: { sets: [sampleIds.set(7)], replicas: [], points: [] },
      },
    ];
    assert.equal(instanceHistory(sessions).sets[0]?.condition, 'incomplete');
  });
});

describe('a replica of an instance', () => {
  const target = { region: sampleIds.region('west'), keyId: null, account: null };
  const conditionOf = (
    state: 'requested' | 'started' | 'completed' | 'failed' | 'torn',
    status: 'running' | 'failed',
  ): string => {
    const replica = { replicaSetId: sampleIds.replica(7), target, state, snapshots: [] };
    const session = toldSession({ name: 7, takenAtHour: 7, status });
    const replicas = [{ ...replica, completedAt: null }];
    const [found] = instanceHistory([{ ...session, replicas }]).replicas;
    return found === undefined
      ? 'none'
      : [found.condition, ...found.usedBy.map((id) => `used by ${id}`)].join(', ');
  };

  it('is pending while its session makes it, complete when it is whole, else incomplete', () => {
    assert.equal(conditionOf('requested', 'running'), 'pending, used by session-7');
    assert.equal(conditionOf('started', 'running'), 'pending, used by session-7');
    assert.equal(conditionOf('completed', 'running'), 'complete');
    assert.equal(conditionOf('torn', 'running'), 'incomplete');
    assert.equal(conditionOf('requested', 'failed'), 'incomplete');
    assert.equal(conditionOf('started', 'failed'), 'incomplete');
    assert.equal(conditionOf('completed', 'failed'), 'complete');
    assert.equal(conditionOf('torn', 'failed'), 'incomplete');
    assert.equal(conditionOf('failed', 'running'), 'none');
  });
});

describe('a restore point of an instance', () => {
  const { root, data } = { root: sampleIds.volume('root'), data: sampleIds.volume('data') };
  const planned = (volumeId: typeof root, parent: string | null): PlannedVolume => ({
    ...{ volumeId, device: sampleIds.device('xvda'), snapshotId: sampleIds.snapshot(9) },
    ...{ sizeBytes: 524_288, mode: 'allocated', reason: 'no-base', baseSnapshotId: null },
    ...{ parentPointId: parent === null ? null : sampleIds.session(parent) },
    ...{ planId: 'plan', plannedBlocks: 1 },
  });
  const made = toldSession({ name: 9, takenAtHour: 9, image: 'point' });
  const expiring: StartedBackup = {
    ...toldSession({ name: 11, takenAtHour: 11 }),
    expiredPoints: [sampleIds.session(9)],
  };

  it('needs what its last merge says, and the others what they were compared with', () => {
    const [first, second] = [sampleIds.session(9), sampleIds.session(11)];
    const sessions: readonly StartedBackup[] = [
      { ...made, readPlan: [planned(root, '7')] },
      {
        ...toldSession({ name: 11, takenAtHour: 11, image: 'point' }),
        readPlan: [planned(root, '9')],
      },
    ];
    const parentsAfter = (...merges: readonly (readonly [PointId, readonly PointId[]])[]) => {
      const merged = merges.reduce(
        (state, [pointId, parents]) =>
          evolveInstance(state, {
            type: 'ParentsChanged',
            data: {
              sessionId: sampleIds.session('merge'),
              pointId,
              parents,
              changedAt: atHour(12),
            },
          }),
        initialInstance,
      );
      return instanceHistory(sessions, merged).points.map(({ parents }) => parents);
    };
    assert.deepEqual(parentsAfter(), [[sampleIds.session(7)], [first]]);
    assert.deepEqual(parentsAfter([first, []]), [[], [first]]);
    assert.deepEqual(parentsAfter([second, [sampleIds.session(7)]], [second, []]), [
      [sampleIds.session(7)],
      [],
    ]);
  });

  it('has its volumes, its parents once each, and its repository', () => {
    const [point] = instanceHistory([
      {
        ...made,
        readPlan: [planned(root, '7'), planned(data, '7'), planned(data, null)],
        writer: {
          state: 'closed',
          repositoryId: sampleIds.repository('main'),
          format: 'strata',
        },
      },
    ]).points;
    assert.deepEqual(point, {
      sessionId: sampleIds.session(9),
      order: 0,
      origin: 'policy',
      expiresAt: null,
      id: sampleIds.session(9),
      takenAt: atHour(9),
      condition: 'complete',
      usedBy: [],
      setId: sampleIds.set(9),
      committedAt: atHour(9.5),
      volumeIds: [root],
      parents: [sampleIds.session(7)],
      repositoryId: sampleIds.repository('main'),
      expired: null,
    });
  });

  it('made by hand is told to be so, with its own expiry', () => {
    const byHand = { ...made, origin: { kind: 'manual', expiresAt: atHour(99) } } as const;
    const [point] = instanceHistory([byHand]).points;
    assert.deepEqual([point?.origin, point?.expiresAt], ['manual', atHour(99)]);
  });

  it('is used by the restores that are open', () => {
    const sessionId = sampleIds.session('restore');
    const source = { kind: 'restore-point', id: sampleIds.session(9) } as const;
    const { points, sets } = instanceHistory([made], undefined, [{ sessionId, source }]);
    assert.deepEqual(points[0]?.usedBy, [sessionId]);
    assert.deepEqual(sets[0]?.usedBy, []);
  });

  it('that left the chain did so when retention was decided, or, of long ago, as the session began', () => {
    const expire = [
      {
        ...{ id: sampleIds.session(9), takenAt: atHour(9), expiredAt: null, held: [] },
        reasons: [{ kind: 'no-flag' } as const],
      },
    ];
    const decided = (decidedAt: TimestampMs | null): StartedBackup => ({
      ...expiring,
      retention: {
        decidedAt,
        snapshots: { keep: [], remove: [] },
        replicas: { keep: [], remove: [] },
        points: { dependency: 'independent', keep: [], expire },
      },
    });
    const expiredBy = (session: StartedBackup): unknown =>
      instanceHistory([made, session]).points[0]?.expired;
    const reasons = [{ kind: 'no-flag' }];
    assert.deepEqual(expiredBy(decided(atHour(12))), { at: atHour(12), reasons });
    assert.deepEqual(expiredBy(decided(null)), { at: expiring.startedAt, reasons });
    assert.deepEqual(expiredBy(expiring), { at: expiring.startedAt, reasons: [] });
  });
});

describe('what an instance had', () => {
  const removing: StartedBackup = {
    ...toldSession({ name: 9, takenAtHour: 9, removed: [7] }),
    retention: {
      decidedAt: atHour(10),
      snapshots: {
        keep: [],
        remove: [
          {
            id: sampleIds.set(7),
            takenAt: atHour(7),
            reasons: [{ kind: 'beyond-count', keep: 1 }],
          },
          { id: sampleIds.set(8), takenAt: atHour(8), reasons: [{ kind: 'incomplete' }] },
        ],
      },
      replicas: {
        keep: [],
        remove: [
          {
            id: sampleIds.replica(7),
            takenAt: atHour(7),
            reasons: [{ kind: 'obsolete', after: { amount: 1, unit: 'days' } }],
          },
        ],
      },
      points: {
        dependency: 'independent',
        keep: [],
        expire: [
          {
            id: sampleIds.session(6),
            takenAt: atHour(6),
            reasons: [{ kind: 'no-flag' }],
            expiredAt: null,
            held: [],
          },
        ],
      },
    },
  };

  it('is told with who removed it, when that was decided and why', () => {
    const removed = {
      ...removing.removed,
      replicas: [sampleIds.replica(7)],
      points: [sampleIds.session(6)],
    };
    const { gone } = instanceHistory([
      toldSession({ name: 7, takenAtHour: 7 }),
      { ...removing, removed },
    ]);
    const by = { removedBy: sampleIds.session(9), decidedAt: atHour(10) };
    assert.deepEqual(gone, [
      {
        item: { kind: 'snapshot-set', id: sampleIds.set(7) },
        takenAt: atHour(7),
        ...by,
        reasons: [{ kind: 'beyond-count', keep: 1 }],
      },
      {
        item: { kind: 'replica', id: sampleIds.replica(7) },
        takenAt: atHour(7),
        ...by,
        reasons: [{ kind: 'obsolete', after: { amount: 1, unit: 'days' } }],
      },
      {
        item: { kind: 'restore-point', id: sampleIds.session(6) },
        takenAt: atHour(6),
        ...by,
        reasons: [{ kind: 'no-flag' }],
      },
    ]);
  });

  it('is still there when it was only decided that it goes', () => {
    const undone = { ...removing, removed: { sets: [], replicas: [], points: [] } };
    assert.deepEqual(instanceHistory([undone]).gone, []);
  });
});

describe('the CBT base', () => {
  const image = { image: 'point' } as const;

  it('is the source of the last session that committed a point', () => {
    const history = historyOf(
      { name: 7, takenAtHour: 7, ...image },
      { name: 9, takenAtHour: 9, ...image },
      { name: 11, takenAtHour: 11 },
      { name: 13, takenAtHour: 13, status: 'failed' },
    );
    assert.equal(cbtBase(history)?.setId, sampleIds.set(9));
    assert.equal(cbtBase(history, { without: sampleIds.session(9) })?.setId, sampleIds.set(7));
  });

  it('follows the order of the sessions, not that of the snapshots', () => {
    const history = historyOf(
      { name: 'later', takenAtHour: 9, ...image },
      { name: 'earlier', takenAtHour: 7, ...image },
    );
    assert.equal(cbtBase(history)?.setId, sampleIds.set('earlier'));
  });

  it('is none before the first point', () => {
    assert.equal(cbtBase(historyOf({ name: 7, takenAtHour: 7 })), null);
  });

  it('is none when its set is gone: an older one does not take its place', () => {
    const history = historyOf(
      { name: 7, takenAtHour: 7, ...image },
      { name: 9, takenAtHour: 9, ...image },
      { name: 11, takenAtHour: 11, removed: [9] },
    );
    assert.equal(cbtBase(history), null);
  });
});
