import { assert } from '../domain/errors/assert.ts';
import { type ChainItem, compareChainItems } from '../domain/retention/chain-item.ts';
import type { InstanceHistory } from '../domain/retention/instance-history.ts';
import { planOf, recordPlan } from '../domain/retention/recorded-plan.ts';
import type { RetentionPlan } from '../domain/retention/retention-plan.ts';
import { type AnyItem, keyOf, removedKeys } from './any-item.ts';
import { type PlanProperty, planProperty } from './plan-property.ts';

/** A plan is whole and settled: it says one thing of everything, and the same whenever it is asked. */
export const wholePlanProperties: readonly PlanProperty[] = [
  planProperty(
    'has every item in exactly one list, in the order of the chain, with a reason',
    (given, plan) => {
      const { snapshots, replicas, points } = plan(given);
      const { history } = given;
      assertParted(history.sets, snapshots.keep, snapshots.remove);
      assertParted(history.replicas, replicas.keep, replicas.remove);
      assertParted(history.points, points.keep, points.expire);
    },
  ),
  planProperty('carried out leaves an empty plan', (given, plan) => {
    const decided = plan(given);
    const again = plan({ ...given, history: carriedOut(given.history, decided) });
    const left = [...removedKeys(again)];
    assert(left.length === 0, `the next plan removes ${left.join(', ')}`);
    const leaving = again.points.expire.filter(({ expiredAt }) => expiredAt === null);
    assert(leaving.length === 0, `then ${leaving.map(({ id }) => id).join(', ')} expires`);
  }),
  planProperty('does not depend on the order in which items are listed', (given, plan) => {
    const { history } = given;
    const turned: InstanceHistory = {
      ...history,
      sets: history.sets.toReversed(),
      replicas: history.replicas.toReversed(),
      points: history.points.toReversed(),
    };
    assertSame(plan({ ...given, history: turned }), plan(given));
  }),
  planProperty('is the same for the same circumstances, and as its event has it', (given, plan) => {
    const decided = plan(given);
    assertSame(plan(given), decided);
    assertSame(planOf(recordPlan(decided)), decided);
  }),
];

function carriedOut(history: InstanceHistory, plan: RetentionPlan): InstanceHistory {
  const removed = removedKeys(plan);
  const stays =
    (kind: AnyItem['kind']) =>
    (one: { readonly id: string }): boolean =>
      !removed.has(keyOf(kind, one.id));
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
