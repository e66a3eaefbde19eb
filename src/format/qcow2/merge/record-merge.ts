import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import { wrapJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { listStoredPoints } from '../point/point-catalog.ts';
import { type MergedImages, mergedImages, type MergedPoint } from '../point/merged-images.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';

/**
 * Gives a point the images that a merge has written: the object of the next number is the commit.
 *
 * @param before what the merge was made from
 * @throws RELOCATION_OVERTAKEN when another merge was faster; nothing has changed then
 */
export async function recordMerge(
  context: RepositoryContext,
  instanceId: InstanceId,
  before: MergedImages,
  point: MergedPoint,
): Promise<void> {
  const there = new Set<string>();
  for await (const listed of listStoredPoints(context, instanceId)) {
    there.add(listed.kind === 'point' ? listed.point.manifest.pointId : listed.pointId);
  }
  const others = before.points.filter(
    ({ pointId }) => pointId !== point.pointId && there.has(pointId),
  );
  const made = await createNext(context, instanceId, before.number, [...others, point]);
  if (!made) throw overtaken(instanceId);
}

/** After this no merge can be recorded that has looked at the last one before it. */
export async function fenceMerges(
  context: RepositoryContext,
  instanceId: InstanceId,
): Promise<void> {
  for (;;) {
    const { number, points } = await mergedImages(context, instanceId);
    if (await createNext(context, instanceId, number, points)) return;
  }
}

async function createNext(
  context: RepositoryContext,
  instanceId: InstanceId,
  number: number,
  points: readonly MergedPoint[],
): Promise<boolean> {
  const next: MergedImages = { number: number + 1, points };
  const key = objectKeys.merge(instanceId, next.number);
  const outcome = await createObject(context, key, wrapJson(context.envelope, key, next));
  if (outcome === 'taken') return false;
  // Merges that others have replaced are removed: the number may have been free for that reason.
  const last = await mergedImages(context, instanceId);
  return last.number === next.number;
}

export function overtaken(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError(
    'RELOCATION_OVERTAKEN',
    `another session has merged points of ${instanceId} meanwhile`,
    { remedy: 'Merge again: what it has done need not be done again.' },
  );
}
