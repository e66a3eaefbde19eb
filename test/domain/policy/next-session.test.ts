import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withNextSession } from '../../../src/domain/policy/next-session.ts';
import { noted } from '../../../src/verification/noted-session.ts';
import {
  circumstancesOf,
  daily,
  image,
  keepNewest,
  onDay,
  plannedPolicy,
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
const replicas = [{ target: west, schedules: [], retention: keepNewest(1) }] as const;

describe('the history at the end of the next backup', () => {
  it('has a set, a replica of all volumes in each target, and a point compared with the newest', () => {
    const next = withNextSession(history, plannedPolicy({ replicas }), now);
    assert.equal(next.sessionId, 'next-session');
    assert.deepEqual(next.history, {
      ...history,
      sets: [...history.sets, { ...common, id: 'next-set', snapshots: [], pendingCopies: [] }],
      replicas: [
        {
          ...common,
          id: 'next-replica-0',
          target: west,
          setId: 'next-set',
          snapshots: [
            {
              snapshotId: 'next-snapshot',
              sourceSnapshotId: 'next-snapshot',
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
          setId: 'next-set',
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
          setId: 'next-set',
        },
      ],
    });
  });

  it('has a point that is compared with nothing where there is none', () => {
    const { history: first } = circumstancesOf(daily({}));
    const { points } = withNextSession(first, plannedPolicy(), now).history;
    assert.deepEqual(
      points.map(({ parents }) => parents),
      [[]],
    );
  });

  it('has no point where image-level backup is off', () => {
    const off = plannedPolicy({ replicas, level: 'off' });
    const next = withNextSession(history, off, now);
    assert.equal(next.sessionId, 'next-session');
    assert.deepEqual(next.history.points, history.points);
    assert.deepEqual(next.history.imageLevel, history.imageLevel);
    assert.equal(next.history.sets.length, 4);
    assert.equal(next.history.replicas.length, 1);
  });
});
