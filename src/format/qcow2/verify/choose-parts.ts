import type { ObjectKey } from '../../../ports/object-store.ts';
import type { VerifyBudget, VerifyOptions } from '../../verification.ts';
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

/** The parts that the budget names, or for whose data it is enough. */
export async function choosePartsToCheck(
  context: RepositoryContext,
  points: readonly ListedPoint[],
  budget: NonNullable<VerifyOptions['budget']>,
): Promise<ChosenParts> {
  const needed = [...(await neededParts(context, points))];
  const chosen =
    'maxBytes' in budget
      ? notReadForLongest(needed, budget)
      : needed.filter(([key]) => budget.has(key));
  return {
    keys: new Set(chosen.map(([key]) => key)),
    bytes: bytesOf(chosen),
    objectsTotal: needed.length,
    bytesTotal: bytesOf(needed),
  };
}

type SizedPart = readonly [ObjectKey, number];

/** As many as the budget allows, and one in any case. */
function notReadForLongest(
  parts: readonly SizedPart[],
  { maxBytes, lastChecked }: VerifyBudget,
): readonly SizedPart[] {
  const chosen: SizedPart[] = [];
  let bytes = 0;
  for (const part of parts.toSorted(
    ([one], [other]) => (lastChecked.get(one) ?? 0) - (lastChecked.get(other) ?? 0),
  )) {
    bytes += part[1];
    if (chosen.length > 0 && bytes > maxBytes) break;
    chosen.push(part);
  }
  return chosen;
}

function bytesOf(parts: readonly SizedPart[]): number {
  return parts.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0);
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
