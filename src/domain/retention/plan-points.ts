import type { PointId } from '../identifiers.ts';
import { compareChainItems } from './chain-item.ts';
import { decideChain } from './decide-chain.ts';
import type { PointItem } from './history-items.ts';
import { isKeptByHand } from './kept-by-hand.ts';
import { mergeInOrder } from './merge-in-order.ts';
import { neededPoints } from './needed-points.ts';
import { parentPoint } from './parent-point.ts';
import { Pins } from './pins.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { PointsPlan, PointToExpire } from './retention-plan.ts';
import type { KeepReason } from './retention-reasons.ts';
import { rulesOfPolicy } from './rules-of-policy.ts';

/**
 * Restore points leave the chain by the rules alone. What is held or in use keeps the data of a
 * point, not its place in the chain; what another stored point needs is not removed either.
 */
export function planPoints(circumstances: RetentionCircumstances): PointsPlan {
  const { history, policy, during, now, pointDependency: dependency } = circumstances;
  const points = history.points.toSorted(compareChainItems);
  const inChain = points.filter(({ expired }) => expired === null);

  const pins = new Pins();
  const parent = parentPoint(points);
  if (parent !== null && policy?.image.level === 'on') {
    pins.pin(parent.id, { kind: 'parent-point' });
  }
  const rules = rulesOfPolicy(circumstances, policy?.image.retention ?? null, 'keep-everything');
  const decided = decideChain({ items: inChain, rules, pins: pins.all, now });

  const holding = new Pins();
  holding.pinUsed(points, during);
  holding.pinHeld('restore-point', history.holds, now);
  for (const point of points) {
    // Its expiry was put off after it had left the chain.
    if (point.expired !== null && isKeptByHand(point, now)) {
      holding.pin(point.id, { kind: 'manual' });
    }
  }
  const stored = new Set([
    ...decided.keep.map(({ id }) => id),
    ...points.map(({ id }) => id).filter((id) => holding.all.has(id)),
  ]);
  const neededBy =
    dependency === 'needs-parent' ? neededPoints(points, stored) : new Map<PointId, PointId>();

  const alsoNeeded = decided.remove.filter(({ id }) => neededBy.has(id));
  const keep = [
    ...decided.keep,
    ...alsoNeeded.map(({ id, takenAt }) => ({ id, takenAt, reasons: [] })),
  ];
  const leaving = decided.remove.filter(({ id }) => !neededBy.has(id));
  const expire = [
    ...points.flatMap((point) => expiredBefore(point) ?? []),
    ...leaving.map((point): LeavingPoint => ({ ...point, expiredAt: null })),
  ];
  const heldBy = (id: PointId): readonly KeepReason[] => {
    const pointId = neededBy.get(id);
    const needed = pointId === undefined ? [] : [{ kind: 'needed-by', pointId } as const];
    return [...needed, ...(holding.all.get(id) ?? [])];
  };
  return {
    dependency,
    keep: mergeInOrder(
      [
        keep.map(({ id, takenAt, reasons }) => ({
          id,
          takenAt,
          reasons: [...reasons, ...heldBy(id)],
        })),
      ],
      points,
    ),
    expire: mergeInOrder([expire.map((point) => ({ ...point, held: heldBy(point.id) }))], points),
  };
}

type LeavingPoint = Omit<PointToExpire, 'held'>;

function expiredBefore({ id, takenAt, expired }: PointItem): LeavingPoint | null {
  if (expired === null) return null;
  return { id, takenAt, reasons: expired.reasons, expiredAt: expired.at };
}
