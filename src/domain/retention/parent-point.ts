import { compareChainItems } from './chain-item.ts';
import type { PointItem } from './history-items.ts';

/**
 * The restore point that the next one is compared with: the newest that has not left the chain. One
 * that left it is about to be deleted, and is never built upon.
 */
export function parentPoint(points: readonly PointItem[]): PointItem | null {
  const inChain = points.filter(({ expired }) => expired === null);
  return inChain.toSorted(compareChainItems).at(-1) ?? null;
}
