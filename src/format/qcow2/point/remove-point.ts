import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import { wrapJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { invalid } from '../object/refusals.ts';
import { createObject, type RepositoryContext } from '../repository-context.ts';
import { currentVolumes, mergedImages } from './merged-images.ts';
import { instanceOfPoint, listStoredPoints } from './point-catalog.ts';

/**
 * Removes a point that no other one needs. What it needed itself a collection frees.
 *
 * @throws INVALID_ARGUMENT
 */
export async function removePoint(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  const { objectStore, envelope } = context;
  const instanceOfIt = await instanceOfPoint(context, pointId);
  if (instanceOfIt !== null && instanceOfIt !== instanceId) {
    throw invalid(`the point ${pointId} is one of another instance`);
  }
  await refuseNeeded(context, pointId, instanceId);
  // The mark first, and it stays: from then on nobody can commit this point again.
  const mark = objectKeys.removal(instanceId, pointId);
  await createObject(context, mark, wrapJson(envelope, mark, { pointId }));
  await objectStore.delete(objectKeys.point(instanceId, pointId));
}

async function refuseNeeded(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  const merged = await mergedImages(context, instanceId);
  for await (const listed of listStoredPoints(context, instanceId)) {
    // What a damaged point needs nobody can tell; it cannot be read anyway.
    if (listed.kind === 'damage') continue;
    const { manifest, volumes } = listed.point;
    if (manifest.pointId === pointId) continue;
    const current = currentVolumes({ pointId: manifest.pointId, volumes }, merged);
    if (current.some(({ parent }) => parent?.pointId === pointId)) {
      throw invalid(`the point ${manifest.pointId} needs the point ${pointId}`);
    }
  }
}
