import type { PointId } from '../identifiers.ts';
import type { PointItem } from './history-items.ts';

/**
 * The points without which one of `stored` could not be read, directly or by way of others, each
 * with the nearest younger one that needs it.
 *
 * @param points all that exist, oldest first: a point needs only older ones
 */
export function neededPoints(
  points: readonly PointItem[],
  stored: ReadonlySet<PointId>,
): ReadonlyMap<PointId, PointId> {
  const neededBy = new Map<PointId, PointId>();
  for (const { id, parents } of points.toReversed()) {
    if (!stored.has(id) && !neededBy.has(id)) continue;
    for (const parent of parents) neededBy.set(parent, id);
  }
  return neededBy;
}
