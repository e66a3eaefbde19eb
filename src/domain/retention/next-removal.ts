import type { PointId, TimestampMs } from '../identifiers.ts';
import { explainItem } from './explain-item.ts';
import { planRetention } from './plan-retention.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import { expiriesOf, type ItemRef, removalsOf, type RetentionPlan } from './retention-plan.ts';

/**
 * When the passing of time alone lets something of an instance go: a set or replica, a point out of
 * the chain, or the data of one that left it. `now` when something goes already; null when nothing
 * ever does, however long nothing else happens.
 *
 * Rules of the embedding program can say anything at any time: of what only they keep it cannot tell.
 */
export function nextRemovalAt(circumstances: RetentionCircumstances): TimestampMs | null {
  const plan = planRetention(circumstances);
  if (removesAnything(plan)) return circumstances.now;
  const inUse = stayingItems(plan).map((item) => endOfStay(circumstances, plan, item));
  const unheld = withoutHeldPoints(circumstances);
  const unheldPlan = planRetention(unheld);
  const inChain = pointsOf(unheldPlan.points.keep).map((item) =>
    endOfStay(unheld, unheldPlan, item),
  );
  const moments = new Set([...inUse, ...inChain].filter((moment) => moment !== null));
  for (const now of [...moments].toSorted((a, b) => a - b)) {
    if (removesAnything(planRetention({ ...circumstances, now }))) return now;
  }
  return null;
}

function removesAnything(plan: RetentionPlan): boolean {
  return removalsOf(plan).length > 0 || expiriesOf(plan).length > 0;
}

function endOfStay(
  circumstances: RetentionCircumstances,
  plan: RetentionPlan,
  item: ItemRef,
): TimestampMs | null {
  const explanation = explainItem(circumstances, plan, item);
  return explanation !== null && 'until' in explanation ? explanation.until : null;
}

/**
 * What is held or in use keeps the data of a point, not its place in the chain: when it leaves the
 * chain is to be seen as if nothing held it.
 */
function withoutHeldPoints(circumstances: RetentionCircumstances): RetentionCircumstances {
  const { history } = circumstances;
  const points = history.points.map((point) => ({ ...point, usedBy: [] }));
  return { ...circumstances, history: { ...history, points, holds: [] } };
}

/** Points that left the chain and are held are among them: their data stays. */
function stayingItems({ snapshots, replicas, points }: RetentionPlan): readonly ItemRef[] {
  return [
    ...snapshots.keep.map(({ id }) => ({ kind: 'snapshot-set', id }) as const),
    ...replicas.keep.map(({ id }) => ({ kind: 'replica', id }) as const),
    ...pointsOf([...points.keep, ...points.expire]),
  ];
}

function pointsOf(points: readonly { readonly id: PointId }[]): readonly ItemRef[] {
  return points.map(({ id }) => ({ kind: 'restore-point', id }));
}
