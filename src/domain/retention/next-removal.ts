import type { TimestampMs } from '../identifiers.ts';
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
  const { now } = circumstances;
  const plan = planRetention(circumstances);
  if (removalsOf(plan).length > 0 || expiriesOf(plan).length > 0) return now;
  let first: TimestampMs | null = null;
  for (const item of stayingItems(plan)) {
    const explanation = explainItem(circumstances, plan, item);
    const until = explanation !== null && 'until' in explanation ? explanation.until : null;
    if (until !== null && (first === null || until < first)) first = until;
  }
  return first;
}

/** Points that left the chain and are held are among them: their data stays. */
function stayingItems({ snapshots, replicas, points }: RetentionPlan): readonly ItemRef[] {
  return [
    ...snapshots.keep.map(({ id }) => ({ kind: 'snapshot-set', id }) as const),
    ...replicas.keep.map(({ id }) => ({ kind: 'replica', id }) as const),
    ...[...points.keep, ...points.expire].map(({ id }) => ({ kind: 'restore-point', id }) as const),
  ];
}
