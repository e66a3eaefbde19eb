import { assert } from '../domain/errors/assert.ts';
import { isInForce } from '../domain/instance/hold.ts';
import { cbtBase } from '../domain/retention/cbt-base.ts';
import { type ChainItem, compareChainItems } from '../domain/retention/chain-item.ts';
import type { PointItem } from '../domain/retention/history-items.ts';
import type { InstanceHistory } from '../domain/retention/instance-history.ts';
import { planRetention } from '../domain/retention/plan-retention.ts';
import { planOf, recordPlan } from '../domain/retention/recorded-plan.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import {
  type ItemRef,
  removalsOf,
  type RetentionPlan,
} from '../domain/retention/retention-plan.ts';

/** Something that holds for every plan, whatever the history, the policy and the rules. */
export interface PlanProperty {
  /** Completing "a plan …". */
  readonly name: string;
  /** Throws an error that says what is wrong when the property does not hold. */
  readonly check: (circumstances: RetentionCircumstances) => void;
}

function planProperty(name: string, check: PlanProperty['check']): PlanProperty {
  return { name, check };
}

/** The properties that retention has with any rules that are rules. */
export const planProperties: readonly PlanProperty[] = [
  planProperty(
    'has every item in exactly one list, in the order of the chain, with a reason',
    (given) => {
      const { snapshots, replicas, points } = planRetention(given);
      const { history } = given;
      assertParted(history.sets, snapshots.keep, snapshots.remove);
      assertParted(history.replicas, replicas.keep, replicas.remove);
      assertParted(history.points, points.keep, points.expire);
    },
  ),
  planProperty(
    'never removes the base of the next incremental while a policy wants it',
    (given) => {
      const { history, policy } = given;
      if (policy?.image.level !== 'on' || policy.image.changedBlockTracking === 'off') return;
      const base = cbtBase(history);
      if (base === null) return;
      const isRemoved = planRetention(given).snapshots.remove.some(({ id }) => id === base.setId);
      assert(!isRemoved, `set ${base.setId} is the base and is removed`);
    },
  ),
  planProperty('never removes what is held, in use, or made by hand and not expired', (given) => {
    const removed = removedKeys(planRetention(given));
    const { history, now, during } = given;
    for (const { item, hold } of history.holds) {
      const isSafe = !isInForce(hold, now) || !removed.has(keyOf(item));
      assert(isSafe, `${keyOf(item)} is held and is removed`);
    }
    for (const { item, expiresAt, origin, usedBy, condition } of itemsOf(history)) {
      const key = keyOf(item);
      if (!removed.has(key)) continue;
      const users = usedBy.filter((user) => user !== during || condition === 'pending');
      assert(users.length === 0, `${key} is in use and is removed`);
      const isExpired = expiresAt !== null && expiresAt <= now;
      assert(origin === 'policy' || isExpired, `${key} is made by hand and is removed`);
    }
  }),
  planProperty(
    'never removes the newest complete copy of a volume that a policy copies',
    (given) => {
      const { history, policy } = given;
      const removed = new Set(planRetention(given).replicas.remove.map(({ id }) => id));
      for (const { target } of policy?.replicas ?? []) {
        for (const volumeId of history.volumeIds) {
          const newest = history.replicas.findLast(
            (replica) =>
              replica.condition === 'complete' &&
              replica.target.region === target.region &&
              replica.target.keyId === target.keyId &&
              replica.snapshots.some((snapshot) => snapshot.volumeId === volumeId),
          );
          const isSafe = newest === undefined || !removed.has(newest.id);
          assert(isSafe, `replica ${newest?.id ?? ''} is the newest copy of ${volumeId}`);
        }
      }
    },
  ),
  planProperty('leaves every stored point restorable that was restorable', (given) => {
    if (given.pointDependency === 'independent') return;
    const { points } = given.history;
    const removed = new Set<string>(removalsOf(planRetention(given)).map(({ id }) => id));
    const existing = new Map(points.map((point) => [point.id, point]));
    for (const point of points) {
      if (removed.has(point.id) || !isRestorable(point, existing)) continue;
      const left = new Map(points.filter(({ id }) => !removed.has(id)).map((one) => [one.id, one]));
      assert(isRestorable(point, left), `point ${point.id} cannot be restored any more`);
    }
  }),
  planProperty('carried out leaves an empty plan', (given) => {
    const plan = planRetention(given);
    const again = planRetention({ ...given, history: carriedOut(given.history, plan) });
    const left = removalsOf(again).map(keyOf);
    assert(left.length === 0, `the next plan removes ${left.join(', ')}`);
    const leaving = again.points.expire.filter(({ expiredAt }) => expiredAt === null);
    assert(leaving.length === 0, `then ${leaving.map(({ id }) => id).join(', ')} expires`);
  }),
  planProperty('does not depend on the order in which items are listed', (given) => {
    const { history } = given;
    const turned: InstanceHistory = {
      ...history,
      sets: history.sets.toReversed(),
      replicas: history.replicas.toReversed(),
      points: history.points.toReversed(),
    };
    assertSame(planRetention({ ...given, history: turned }), planRetention(given));
  }),
  planProperty('is the same for the same circumstances, and as its event has it', (given) => {
    const plan = planRetention(given);
    assertSame(planRetention(given), plan);
    assertSame(planOf(recordPlan(plan)), plan);
  }),
];

interface AnyItem {
  readonly item: ItemRef;
  readonly origin: 'policy' | 'manual';
  readonly condition: string;
  readonly expiresAt: number | null;
  readonly usedBy: readonly string[];
}

function itemsOf({ sets, replicas, points }: InstanceHistory): readonly AnyItem[] {
  return [
    ...sets.map((set) => ({ ...set, item: { kind: 'snapshot-set', id: set.id } as const })),
    ...replicas.map((one) => ({ ...one, item: { kind: 'replica', id: one.id } as const })),
    ...points.map((point) => ({
      ...point,
      item: { kind: 'restore-point', id: point.id } as const,
    })),
  ];
}

/** What a plan takes away: data of sets and replicas, and data of points. */
function removedKeys(plan: RetentionPlan): ReadonlySet<string> {
  return new Set(removalsOf(plan).map(keyOf));
}

function keyOf({ kind, id }: ItemRef): string {
  return `${kind} ${id}`;
}

function isRestorable(point: PointItem, existing: ReadonlyMap<string, PointItem>): boolean {
  return point.parents.every((id) => {
    const parent = existing.get(id);
    return parent !== undefined && isRestorable(parent, existing);
  });
}

function carriedOut(history: InstanceHistory, plan: RetentionPlan): InstanceHistory {
  const removed = removedKeys(plan);
  const stays =
    (kind: ItemRef['kind']) =>
    (one: { readonly id: string }): boolean =>
      !removed.has(`${kind} ${one.id}`);
  const leaving = new Map(plan.points.expire.map((point) => [point.id, point]));
  return {
    ...history,
    sets: history.sets.filter(stays('snapshot-set')),
    replicas: history.replicas.filter(stays('replica')),
    points: history.points.filter(stays('restore-point')).map((point) => {
      const left = leaving.get(point.id);
      if (point.expired !== null || left === undefined) return point;
      return { ...point, expired: { at: point.takenAt, reasons: left.reasons } };
    }),
  };
}

function assertParted(
  items: readonly ChainItem[],
  keep: readonly { readonly id: string; readonly reasons: readonly unknown[] }[],
  go: readonly { readonly id: string; readonly reasons: readonly unknown[] }[],
): void {
  const places = new Map(items.toSorted(compareChainItems).map(({ id }, place) => [id, place]));
  const seen = new Set<string>();
  for (const list of [keep, go]) {
    let last = -1;
    for (const { id, reasons } of list) {
      const place = places.get(id) ?? -1;
      assert(place > last, `${id} is out of order, or is no item`);
      assert(!seen.has(id), `${id} is in both lists`);
      assert(reasons.length > 0, `${id} has no reason`);
      seen.add(id);
      last = place;
    }
  }
  assert(seen.size === items.length, `${items.length - seen.size} items are in no list`);
}

function assertSame(actual: RetentionPlan, expected: RetentionPlan): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(one === other, `${one} is not ${other}`);
}
