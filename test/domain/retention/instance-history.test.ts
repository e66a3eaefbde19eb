import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cbtBase } from '../../../src/domain/retention/cbt-base.ts';
import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
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
      replicas: { keep: [], remove: [] },
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
    const removed = { ...removing.removed, points: [sampleIds.session(6)] };
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
