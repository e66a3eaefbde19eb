import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  emptyHistory,
  withoutItems,
  withSession,
} from '../../../src/domain/policy-simulation/simulated-history.ts';
import type { SimulatedSession } from '../../../src/domain/policy-simulation/simulated-session.ts';
import { atHour, sampleIds } from '../../support/domain/sample-ids.ts';

const west = { region: sampleIds.region('west'), keyId: null, account: null };
const session = (number: number, told: Partial<SimulatedSession> = {}): SimulatedSession => ({
  ...{ number, startedAt: atHour(number), scope: 'image-level', outcome: 'succeeded' },
  ...told,
});
const first = withSession(emptyHistory, session(1), [west]);
const second = withSession(first.history, session(2), [west, west]);

describe('the history of a simulated instance', () => {
  it('has after a session a set, a copy for each target, and a point compared with the last', () => {
    const { sets, replicas, points, volumeIds } = second.history;
    assert.equal(second.sessionId, 'simulated-2');
    assert.deepEqual(
      [...sets, ...replicas, ...points].map(({ sessionId, order, takenAt }) => [
        sessionId,
        order,
        takenAt,
      ]),
      [1, 2, 1, 2, 2, 1, 2].map((number) => [`simulated-${number}`, number, atHour(number)]),
    );
    assert.deepEqual(
      points.map(({ parents }) => parents),
      [[], ['simulated-1']],
    );
    assert.deepEqual(volumeIds, new Set(['vol-simulated']));
  });

  it('has a set and its copies, and no point, after a session without an image level or one that failed', () => {
    const snapshots = withSession(emptyHistory, session(1, { scope: 'snapshot-only' }), [west]);
    const failed = withSession(emptyHistory, session(1, { outcome: 'failed' }), [west]);
    const counts = ({ history }: typeof first): readonly number[] => [
      history.sets.length,
      history.replicas.length,
      history.points.length,
    ];
    assert.deepEqual(counts(snapshots), [1, 1, 0]);
    assert.deepEqual(counts(failed), [1, 1, 0]);
    assert.deepEqual(failed.history.imageLevel, []);
    assert.deepEqual([snapshots.sessionId, failed.sessionId], ['simulated-1', 'simulated-1']);
  });

  it('has no more of what was removed, and all else', () => {
    const { history } = second;
    const idsWithout = (...removals: Parameters<typeof withoutItems>[1]): readonly string[] => {
      const { sets, replicas, points } = withoutItems(history, removals);
      return [...sets, ...replicas, ...points].map(({ id }) => id);
    };
    const all = idsWithout();
    assert.deepEqual(all, [
      ...['set of simulated-1', 'set of simulated-2', 'replica 0 of simulated-1'],
      ...['replica 0 of simulated-2', 'replica 1 of simulated-2'],
      ...['simulated-1', 'simulated-2'],
    ]);
    const [set] = history.sets;
    const [replica] = history.replicas;
    const [point] = history.points;
    assert.ok(set !== undefined && replica !== undefined && point !== undefined);
    const removals = [
      { kind: 'snapshot-set', id: set.id } as const,
      { kind: 'replica', id: replica.id } as const,
      { kind: 'restore-point', id: point.id } as const,
    ];
    for (const removal of removals) {
      assert.deepEqual(
        idsWithout(removal),
        all.filter((id) => id !== removal.id),
      );
    }
    assert.deepEqual(idsWithout(...removals), [
      'set of simulated-2',
      'replica 0 of simulated-2',
      'replica 1 of simulated-2',
      'simulated-2',
    ]);
  });
});
