import type { ItemRef, RetentionPlan } from '../../../../src/domain/retention/retention-plan.ts';
import type {
  KeepReason,
  RemoveReason,
} from '../../../../src/domain/retention/retention-reasons.ts';

/** What becomes of one item: the form in which the oracle and the plan are compared. */
export interface Verdict {
  readonly kind: ItemRef['kind'];
  readonly id: string;
  /** `leaves`: expires now. `left`: expired before. Both are of restore points only. */
  readonly fate: 'stays' | 'goes' | 'leaves' | 'left';
  /** Not told of what `left`: that was decided then. */
  readonly because: readonly (KeepReason | RemoveReason)[];
  /** What holds the data of a point that leaves or left. */
  readonly held: readonly KeepReason[];
}

/** One line for each item, the same for the same decision: `replica s2-a stays: in-use s2`. */
export function describeVerdict({ kind, id, fate, because, held }: Verdict): string {
  const heldBy = held.length > 0 ? ` (held: ${describeReasons(held)})` : '';
  return `${kind} ${id} ${fate}${because.length > 0 ? `: ${describeReasons(because)}` : ''}${heldBy}`;
}

/** What the plan decides, in the order of the plan: what stays first, then what goes. */
export function verdictsOf({ snapshots, replicas, points }: RetentionPlan): readonly Verdict[] {
  return [
    ...snapshots.keep.map((item) => verdict('snapshot-set', item.id, 'stays', item.reasons)),
    ...snapshots.remove.map((item) => verdict('snapshot-set', item.id, 'goes', item.reasons)),
    ...replicas.keep.map((item) => verdict('replica', item.id, 'stays', item.reasons)),
    ...replicas.remove.map((item) => verdict('replica', item.id, 'goes', item.reasons)),
    ...points.keep.map((item) => verdict('restore-point', item.id, 'stays', item.reasons)),
    ...points.expire.map(({ id, reasons, expiredAt, held }) =>
      expiredAt === null
        ? verdict('restore-point', id, 'leaves', reasons, held)
        : verdict('restore-point', id, 'left', [], held),
    ),
  ];
}

function verdict(
  kind: ItemRef['kind'],
  id: string,
  fate: Verdict['fate'],
  because: Verdict['because'],
  held: Verdict['held'] = [],
): Verdict {
  return { kind, id, fate, because, held };
}

/** In no order of their own: docs/retention.md says which reasons there are, not which is first. */
function describeReasons(reasons: Verdict['because']): string {
  return reasons.map(describeReason).toSorted().join(', ');
}

function describeReason(reason: KeepReason | RemoveReason): string {
  const { kind, ...details } = reason;
  const words = Object.values(details).map((detail: unknown) =>
    Array.isArray(detail) ? detail.map(String).toSorted().join('+') : JSON.stringify(detail),
  );
  return [kind, ...words].join(' ').replaceAll('"', '');
}
