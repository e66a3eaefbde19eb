import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planRetention } from '../../src/domain/retention/plan-retention.ts';
import type { ChainPlan, PointsPlan } from '../../src/domain/retention/retention-plan.ts';
import type { KeepReason } from '../../src/domain/retention/retention-reasons.ts';
import { arbitraryCircumstances, type Planner, planProperties } from '../../src/verification.ts';

const gone = [{ kind: 'incomplete' }] as const;

/** The right plan, but that it knows nothing of one reason to keep an item. */
function forgetting(kind: KeepReason['kind']): Planner {
  const others = (reasons: readonly KeepReason[]): readonly KeepReason[] =>
    reasons.filter((reason) => reason.kind !== kind);
  const chain = <Id extends string>({ keep, remove }: ChainPlan<Id>): ChainPlan<Id> => ({
    keep: keep
      .map((item) => ({ ...item, reasons: others(item.reasons) }))
      .filter(({ reasons }) => reasons.length > 0),
    remove: [
      ...remove,
      ...keep
        .filter(({ reasons }) => others(reasons).length === 0)
        .map((item) => ({ ...item, reasons: gone })),
    ],
  });
  const points = (plan: PointsPlan): PointsPlan => {
    const { keep, remove } = chain({ keep: plan.keep, remove: [] });
    return {
      ...plan,
      keep,
      expire: [
        ...plan.expire.map((point) => ({ ...point, held: others(point.held) })),
        ...remove.map((point) => ({ ...point, expiredAt: null, held: [] })),
      ],
    };
  };
  return (given) => {
    const plan = planRetention(given);
    return {
      ...plan,
      snapshots: chain(plan.snapshots),
      replicas: chain(plan.replicas),
      points: points(plan.points),
    };
  };
}

/** The right plan, but that every item that stays does so for one reason more. */
function pretending(reason: KeepReason): Planner {
  const also = <Item extends { readonly reasons: readonly KeepReason[] }>(item: Item): Item => ({
    ...item,
    reasons: [...item.reasons, reason],
  });
  return (given) => {
    const { snapshots, replicas, points, ...plan } = planRetention(given);
    return {
      ...plan,
      snapshots: { ...snapshots, keep: snapshots.keep.map(also) },
      replicas: { ...replicas, keep: replicas.keep.map(also) },
      points: { ...points, keep: points.keep.map(also) },
    };
  };
}

function assertCaught(planner: Planner, name: string): void {
  const property = planProperties.find((one) => one.name === name);
  assert.ok(property !== undefined, name);
  const { failed } = fc.check(
    fc.property(arbitraryCircumstances, (given) => {
      property.check(given, planner);
    }),
    // One seed, so that what is caught is caught each time.
    { numRuns: 1_000, seed: 1, endOnFailure: true },
  );
  assert.ok(failed, `a plan ${name}`);
}

const pins = 'keeps what is pinned, held, in use, needed or made by hand';
const rules = 'keeps what a rule of its chain keeps, for the reasons of the rule';
const truth = 'removes what nothing keeps: every reason that it has to keep holds';

describe('the properties of the kit catch a planner that', () => {
  const forgotten: readonly (readonly [KeepReason['kind'], ...string[]])[] = [
    ['cbt-base', pins, 'never removes the base of the next incremental while a policy wants it'],
    [
      'replica-base',
      pins,
      'never removes the newest complete copy of a volume that a policy copies',
    ],
    ['parent-point', pins, 'never lets the point go that the next one is compared with'],
    ['copy-source', pins, 'never removes what a copy that is under way is made of'],
    ['needed-by', pins, 'leaves every stored point restorable that was restorable'],
    ['in-use', pins, 'never removes what is held, in use, or made by hand and not expired'],
    ['locked', pins],
    ['legal-hold', pins],
    ['manual', pins],
    ['within-count', rules],
    ['within-age', rules],
    ['gfs-daily', rules],
    ['gfs-weekly', rules],
    ['gfs-monthly', rules],
    ['gfs-yearly', rules],
    ['no-policy', rules],
    ['no-rule', rules],
  ];
  for (const [kind, ...properties] of forgotten) {
    it(`forgets ${kind}`, () => {
      for (const property of properties) assertCaught(forgetting(kind), property);
    });
  }

  const pretended: readonly KeepReason[] = [
    { kind: 'within-count', keep: 99 },
    { kind: 'manual' },
    { kind: 'parent-point' },
    { kind: 'no-rule' },
  ];
  for (const reason of pretended) {
    it(`says ${reason.kind} of everything`, () => {
      assertCaught(pretending(reason), truth);
    });
  }

  it('keeps what its rules let go', () => {
    const keepsAll: Planner = (given) => {
      const plan = planRetention(given);
      const { keep, remove } = plan.snapshots;
      const kept = remove.map((one) => ({ ...one, reasons: [{ kind: 'no-policy' } as const] }));
      return { ...plan, snapshots: { keep: [...keep, ...kept], remove: [] } };
    };
    assertCaught(keepsAll, truth);
  });

  it('lets go more the more is to be kept', () => {
    const contrary: Planner = (given) => {
      const { policy } = given;
      if (policy === null) return planRetention(given);
      const count = policy.snapshots.retention.count;
      const retention = { ...policy.snapshots.retention, count: count === null ? null : 9 - count };
      return planRetention({
        ...given,
        policy: { ...policy, snapshots: { ...policy.snapshots, retention } },
      });
    };
    assertCaught(contrary, 'lets nothing more go when its settings keep more');
  });
});
