import type { ObjectKey } from '../../../ports/object-store.ts';
import type { VerifyBudget } from '../../verification.ts';
import { isDamage } from '../object/refusals.ts';
import { openChain } from '../point/open-chain.ts';
import type { ListedPoint } from '../point/point-catalog.ts';
import type { RepositoryContext } from '../repository-context.ts';

export interface ChosenParts {
  readonly keys: ReadonlySet<ObjectKey>;
  readonly bytes: number;
  readonly objectsTotal: number;
  readonly bytesTotal: number;
}

/** The parts that were not read for longest, as many as the budget allows, and one in any case. */
export async function choosePartsToCheck(
  context: RepositoryContext,
  points: readonly ListedPoint[],
  { maxBytes, lastChecked }: VerifyBudget,
): Promise<ChosenParts> {
  const needed = await neededParts(context, points);
  const oldestFirst = [...needed].toSorted(
    ([one], [other]) => (lastChecked.get(one) ?? 0) - (lastChecked.get(other) ?? 0),
  );
  const keys = new Set<ObjectKey>();
  let bytes = 0;
  for (const [key, sizeBytes] of oldestFirst) {
    if (keys.size > 0 && bytes + sizeBytes > maxBytes) break;
    keys.add(key);
    bytes += sizeBytes;
  }
  const bytesTotal = oldestFirst.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0);
  return { keys, bytes, objectsTotal: needed.size, bytesTotal };
}

/** What the points need, as far as it can be told: what cannot is found when they are checked. */
async function neededParts(
  context: RepositoryContext,
  points: readonly ListedPoint[],
): Promise<ReadonlyMap<ObjectKey, number>> {
  const needed = new Map<ObjectKey, number>();
  for (const listed of points) {
    if (listed.kind === 'damage') continue;
    const { instanceId, pointId, volumes } = listed.point.manifest;
    for (const { volumeId } of volumes) {
      try {
        // The images behind it are those of other points, which are there as well.
        const [own] = await openChain(context, instanceId, { pointId, volumeId });
        for (const { key, sizeBytes } of own?.description.parts ?? []) needed.set(key, sizeBytes);
      } catch (error) {
        if (!isDamage(error)) throw error;
      }
    }
  }
  return needed;
}
