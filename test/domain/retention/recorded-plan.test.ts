import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  ReplicaSetId,
  SessionId,
  SnapshotSetId,
  TimestampMs,
} from '../../../src/domain/identifiers.ts';
import { addDays, dateOf, formatDate } from '../../../src/domain/calendar/local-date.ts';
import type { LocalMs } from '../../../src/domain/calendar/time-zone.ts';
import { planOf, recordPlan } from '../../../src/domain/retention/recorded-plan.ts';
import { recordedPlanLimits } from '../../../src/domain/retention/recorded-plan-limits.ts';
import {
  type KeptItem,
  removalsOf,
  type RetentionPlan,
} from '../../../src/domain/retention/retention-plan.ts';
import type { KeepReason, RemoveReason } from '../../../src/domain/retention/retention-reasons.ts';
import { encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { eventStoreLimits } from '../../../src/ports/event-store.ts';
import { atHour } from '../../support/domain/sample-ids.ts';

const empty: RetentionPlan = {
  decidedAt: atHour(0),
  snapshots: { keep: [], remove: [] },
  replicas: { keep: [], remove: [] },
  points: { dependency: 'independent', keep: [], expire: [] },
};

/** As long as real ones. */
function uuid(number: number): SessionId & SnapshotSetId & ReplicaSetId {
  const text = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return text as SessionId & SnapshotSetId & ReplicaSetId;
}

/** An item that every rule there is keeps: one day older than the one before. */
function kept(number: number, keep: number): KeptItem<ReturnType<typeof uuid>> {
  const takenAt = atHour(-24 * (number % 1000));
  const date = dateOf(takenAt as number as LocalMs);
  const label = (every: number): string => formatDate(addDays(date, -(date % every)));
  const reasons: readonly KeepReason[] = [
    { kind: 'within-count', keep },
    { kind: 'within-age', age: { amount: keep, unit: 'days' } },
    { kind: 'gfs-daily', label: label(1) },
    { kind: 'gfs-weekly', label: label(7) },
    { kind: 'gfs-monthly', label: label(30) },
    { kind: 'gfs-yearly', label: label(365) },
  ];
  return { id: uuid(number), takenAt, reasons };
}

function many(count: number, keep: number): readonly KeptItem<ReturnType<typeof uuid>>[] {
  return Array.from({ length: count }, (_, number) => kept(number, keep));
}

function encodedBytes(plan: RetentionPlan): number {
  const event = { type: 'RetentionDecided', data: recordPlan(plan) };
  return encodeEventData(event).byteLength;
}

describe('a retention plan as an event', () => {
  it('is the same plan when it is read again', () => {
    const beyond: RemoveReason = { kind: 'beyond-count', keep: 2 };
    const plan: RetentionPlan = {
      ...empty,
      snapshots: {
        keep: many(3, 9),
        remove: [{ id: uuid(9), takenAt: atHour(1), reasons: [beyond, { kind: 'no-flag' }] }],
      },
      points: {
        dependency: 'needs-parent',
        keep: many(2, 9),
        expire: [
          {
            id: uuid(8),
            takenAt: atHour(2),
            reasons: [beyond],
            expiredAt: atHour(3),
            held: [{ kind: 'needed-by', pointId: uuid(1) }],
          },
        ],
      },
    };
    assert.deepEqual(planOf(recordPlan(plan)), plan);
  });

  it('names each reason once', () => {
    const plan = { ...empty, snapshots: { keep: many(50, 7), remove: [] } };
    const { keepReasons } = recordPlan(plan);
    const texts = keepReasons.map((reason) => JSON.stringify(reason));
    assert.equal(new Set(texts).size, texts.length);
    assert.deepEqual(recordPlan({ ...empty, snapshots: { keep: many(1, 7), remove: [] } }), {
      ...empty,
      keepReasons: kept(0, 7).reasons,
      removeReasons: [],
      snapshots: { keep: [{ ...kept(0, 7), reasons: [0, 1, 2, 3, 4, 5] }], remove: [] },
      unlisted: 0,
      postponed: 0,
    });
  });

  it('that names a reason which it does not have is broken', () => {
    const recorded = recordPlan({ ...empty, snapshots: { keep: many(1, 7), remove: [] } });
    assert.throws(() => planOf({ ...recorded, keepReasons: [] }), { code: 'INTERNAL' });
  });

  it('lists 1,000 sets, 3,000 replicas and 1,000 points that all rules keep', () => {
    const plan: RetentionPlan = {
      ...empty,
      snapshots: { keep: many(1000, 1000), remove: [] },
      replicas: { keep: many(3000, 999), remove: [] },
      points: { ...empty.points, keep: many(1000, 998) },
    };
    assert.equal(recordPlan(plan).unlisted, 0);
    assert.deepEqual(planOf(recordPlan(plan)), plan);
    const bytes = encodedBytes(plan);
    assert.ok(bytes <= eventStoreLimits.eventSizeMaxBytes, `${bytes} bytes`);
  });

  it('fits whatever there is: what is too much is counted, the oldest first', () => {
    const oldest = Array.from({ length: 30_000 }, (_, number) => ({
      id: uuid(number),
      takenAt: number as TimestampMs,
      reasons: [{ kind: 'host-rule', rule: 'every one its own', detail: String(number) } as const],
    }));
    const plan: RetentionPlan = { ...empty, snapshots: { keep: oldest, remove: [] } };
    const recorded = recordPlan(plan);
    const { keep } = recorded.snapshots;
    assert.equal(keep.length + recorded.unlisted, oldest.length);
    assert.ok(keep.length > 1000);
    assert.equal(keep.at(-1)?.id, oldest.at(-1)?.id);
    assert.ok(encodedBytes(plan) <= eventStoreLimits.eventSizeMaxBytes);
  });

  it('fits also when what goes has long reasons, and when each item has many', () => {
    const { removalsMax } = recordedPlanLimits;
    const longReasons = Array.from({ length: removalsMax }, (_, number) => ({
      id: uuid(number),
      takenAt: number as TimestampMs,
      reasons: [{ kind: 'host-rule', rule: 'x'.repeat(300), detail: String(number) } as const],
    }));
    const snapshots = { keep: many(20_000, 7), remove: longReasons };
    assert.ok(encodedBytes({ ...empty, snapshots }) <= eventStoreLimits.eventSizeMaxBytes);

    const keep = Array.from({ length: 20_000 }, (_, number) => ({
      ...kept(number, 7),
      reasons: Array.from({ length: 40 }, (_none, place) => ({
        ...{ kind: 'host-rule', rule: 'one of many', detail: String((number + place * 7) % 300) },
        kind: 'host-rule' as const,
      })),
    }));
    const manyReasons = { ...empty, snapshots: { keep, remove: [] } };
    assert.ok(encodedBytes(manyReasons) <= eventStoreLimits.eventSizeMaxBytes);
  });

  it('has room for as many points that are held as for those that go, the newest of each', () => {
    const { removalsMax } = recordedPlanLimits;
    const points = (from: number, held: KeepReason | null): RetentionPlan['points']['expire'] =>
      Array.from({ length: removalsMax + 100 }, (_, number) => ({
        id: uuid(from + number),
        takenAt: (from + number) as TimestampMs,
        reasons: [{ kind: 'no-flag' } as const],
        expiredAt: null,
        held: held === null ? [] : [held],
      }));
    const expire = [...points(0, { kind: 'parent-point' }), ...points(10_000, null)];
    const recorded = recordPlan({ ...empty, points: { ...empty.points, expire } });
    const numbers = recorded.points.expire.map(({ takenAt }) => takenAt);
    assert.equal(recorded.postponed, 200);
    assert.equal(numbers.length, 2 * removalsMax);
    assert.deepEqual([numbers[0], numbers[removalsMax]], [100, 10_100]);
  });

  it('lets the newest deletable points go: none that stays needs one of them', () => {
    const { removalsMax } = recordedPlanLimits;
    const expire = Array.from({ length: removalsMax + 9 }, (_, number) => ({
      id: uuid(number),
      takenAt: number as TimestampMs,
      reasons: [{ kind: 'no-flag' } as const],
      expiredAt: null,
      held: number % 100 === 99 ? [{ kind: 'parent-point' } as const] : [],
    }));
    const plan: RetentionPlan = { ...empty, points: { ...empty.points, expire } };
    const recorded = recordPlan(plan);
    const deletable = expire.filter(({ held }) => held.length === 0);
    assert.equal(recorded.postponed, deletable.length - removalsMax);
    assert.deepEqual(
      removalsOf(planOf(recorded)).map(({ id }) => id),
      deletable
        .slice(-removalsMax)
        .map(({ id }) => id)
        .toReversed(),
    );
  });

  it('lets at most so many items of a kind go at once, the oldest first', () => {
    const { removalsMax } = recordedPlanLimits;
    const going = Array.from({ length: removalsMax + 7 }, (_, number) => ({
      id: uuid(number),
      takenAt: number as TimestampMs,
      reasons: [{ kind: 'nothing-kept' } as const],
    }));
    const recorded = recordPlan({ ...empty, snapshots: { keep: [], remove: going } });
    assert.equal(recorded.postponed, 7);
    assert.deepEqual(
      recorded.snapshots.remove.map(({ id }) => id),
      going.slice(0, removalsMax).map(({ id }) => id),
    );
  });
});
