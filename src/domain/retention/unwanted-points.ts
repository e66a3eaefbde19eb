import type { PointId } from '../identifiers.ts';
import type { PointsPlan } from './retention-plan.ts';
import type { KeepReason } from './retention-reasons.ts';

/** The points that are there only because others cannot be read without them. */
export function unwantedPoints({ keep, expire }: PointsPlan): ReadonlySet<PointId> {
  const isOnlyNeeded = (reasons: readonly KeepReason[]): boolean =>
    reasons.length > 0 && reasons.every(({ kind }) => kind === 'needed-by');
  return new Set([
    ...keep.filter(({ reasons }) => isOnlyNeeded(reasons)).map(({ id }) => id),
    ...expire.filter(({ held }) => isOnlyNeeded(held)).map(({ id }) => id),
  ]);
}
