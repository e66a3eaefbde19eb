import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ImaginedSession,
  withImaginedSession,
} from '../../../src/domain/retention/imagined-session.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import {
  circumstancesOf,
  daily,
  image,
  onDay,
  west,
} from '../../support/domain/planned-retention.ts';

const { history } = circumstancesOf(
  daily({ ...image, volumes: ['root', 'data'] }, { ...image, expiredPoints: [] }, {}),
);
const now = onDay(9);
const common = {
  sessionId: 'next-session',
  order: Number.MAX_SAFE_INTEGER,
  takenAt: now,
  condition: 'complete',
  origin: 'policy',
  expiresAt: null,
  usedBy: [],
};
const imagined: ImaginedSession = {
  name: 'next-session',
  order: Number.MAX_SAFE_INTEGER,
  at: now,
  volumeIds: history.volumeIds,
  targets: [west],
  point: 'committed',
};

describe('the history at the end of an imagined session', () => {
  it('has a set, a replica of all volumes in each target, and a point compared with the newest', () => {
    const next = withImaginedSession(history, imagined);
    assert.equal(next.sessionId, 'next-session');
    assert.deepEqual(next.history, {
      ...history,
      sets: [
        ...history.sets,
        { ...common, id: 'set of next-session', snapshots: [], pendingCopies: [] },
      ],
      replicas: [
        {
          ...common,
          id: 'replica 0 of next-session',
          target: west,
          setId: 'set of next-session',
          snapshots: [
            {
              snapshotId: 'snapshot of next-session',
              sourceSnapshotId: 'snapshot of next-session',
              volumeId: noted.volume('root'),
            },
          ],
        },
      ],
      points: [
        ...history.points,
        {
          ...common,
          id: 'next-session',
          setId: 'set of next-session',
          committedAt: now,
          volumeIds: [noted.volume('root')],
          parents: [noted.session(1)],
          repositoryId: null,
          expired: null,
        },
      ],
      imageLevel: [
        ...history.imageLevel,
        {
          sessionId: 'next-session',
          pointId: 'next-session',
          setId: 'set of next-session',
        },
      ],
    });
  });

  it('has a point that is compared with nothing where there is none', () => {
    const { history: first } = circumstancesOf(daily({}));
    const { points } = withImaginedSession(first, imagined).history;
    assert.deepEqual(
      points.map(({ parents }) => parents),
      [[]],
    );
  });

  it('has no point where none is made', () => {
    const next = withImaginedSession(history, { ...imagined, point: 'none' });
    assert.equal(next.sessionId, 'next-session');
    assert.deepEqual(next.history.points, history.points);
    assert.deepEqual(next.history.imageLevel, history.imageLevel);
    assert.equal(next.history.sets.length, 4);
    assert.equal(next.history.replicas.length, 1);
  });
});
