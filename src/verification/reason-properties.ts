import { assert } from '../domain/errors/assert.ts';
import type { RetentionPlan } from '../domain/retention/retention-plan.ts';
import type { KeepReason } from '../domain/retention/retention-reasons.ts';
import { type AnyItem, keyOf } from './any-item.ts';
import { expectedReasons } from './expected-reasons.ts';
import { type PlanProperty, planProperty } from './plan-property.ts';

/** What stays has a reason that holds, and what has one stays. */
export const reasonProperties: readonly PlanProperty[] = [
  planProperty(
    'keeps what a rule of its chain keeps, for the reasons of the rule',
    (given, plan) => {
      const told = toldReasons(plan(given));
      for (const { one, byRules } of expectedReasons(given)) assertTold(one, byRules, told);
    },
  ),
  planProperty('keeps what is pinned, held, in use, needed or made by hand', (given, plan) => {
    const told = toldReasons(plan(given));
    for (const { one, byPins, held } of expectedReasons(given)) {
      assertTold(one, [...byPins, ...held], told);
    }
  }),
  planProperty(
    'removes what nothing keeps: every reason that it has to keep holds',
    (given, plan) => {
      const decided = plan(given);
      const told = toldReasons(decided);
      const inChain = new Set<string>(decided.points.keep.map(({ id }) => id));
      for (const { one, byRules, byPins, held } of expectedReasons(given)) {
        const key = keyOf(one.kind, one.item.id);
        const expected = new Set([...byRules, ...byPins, ...held].map(inText));
        for (const reason of told.get(key) ?? []) {
          assert(expected.has(reason), `${key} is kept for ${reason}, which does not hold`);
        }
        if (one.kind !== 'restore-point') continue;
        const staysInChain = one.item.expired === null && inChain.has(one.item.id);
        const reasons = [...byRules, ...byPins, ...held.filter(({ kind }) => kind === 'needed-by')];
        const isToStay = one.item.expired === null && reasons.length > 0;
        assert(staysInChain === isToStay, `${key} ${isToStay ? 'leaves' : 'stays in'} the chain`);
      }
    },
  ),
];

/** The reasons to keep each item or its data, as the plan has them. */
function toldReasons({
  snapshots,
  replicas,
  points,
}: RetentionPlan): ReadonlyMap<string, ReadonlySet<string>> {
  const entry = (
    kind: AnyItem['kind'],
    id: string,
    reasons: readonly KeepReason[],
  ): readonly [string, ReadonlySet<string>] => [keyOf(kind, id), new Set(reasons.map(inText))];
  return new Map([
    ...snapshots.keep.map(({ id, reasons }) => entry('snapshot-set', id, reasons)),
    ...replicas.keep.map(({ id, reasons }) => entry('replica', id, reasons)),
    ...points.keep.map(({ id, reasons }) => entry('restore-point', id, reasons)),
    ...points.expire.map(({ id, held }) => entry('restore-point', id, held)),
  ]);
}

function assertTold(
  { kind, item }: AnyItem,
  reasons: readonly KeepReason[],
  told: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  const key = keyOf(kind, item.id);
  for (const reason of reasons.map(inText)) {
    assert(told.get(key)?.has(reason) ?? false, `${key} is not kept for ${reason}`);
  }
}

/** The same for the same reason, in whatever order its details come. */
function inText(reason: KeepReason): string {
  const details = Object.entries(reason).map(
    ([name, detail]: readonly [string, unknown]): readonly [string, unknown] => [
      name,
      Array.isArray(detail) && detail.every((one) => typeof one === 'string')
        ? detail.toSorted()
        : detail,
    ],
  );
  return JSON.stringify(details.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
