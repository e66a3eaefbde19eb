import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import { readJson } from '../object/json-object.ts';
import { instanceInKey, objectKeys, sessionInKey } from '../object/object-keys.ts';
import { fenced, isDamage } from '../object/refusals.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { CommittedPoint, StoredPoint } from './stored-point.ts';

/** A committed point, or the object of one that cannot be read. */
export type ListedPoint =
  | { readonly kind: 'point'; readonly point: CommittedPoint }
  | {
      readonly kind: 'damage';
      readonly pointId: PointId;
      readonly objectKey: string;
      readonly error: SnapledgerError;
    };

/** What is at the key of a point, if it was not removed. @throws OBJECT_CORRUPT */
export async function storedPoint(
  { objectStore, envelope }: RepositoryContext,
  instanceId: InstanceId,
  pointId: PointId,
): Promise<StoredPoint | null> {
  const key = objectKeys.point(instanceId, pointId);
  const found = await readJson<StoredPoint>(objectStore, envelope, key);
  // The mark after the object: it is made first, and stays.
  return (await isRemoved(objectStore, instanceId, pointId)) ? null : found;
}

export async function isRemoved(
  objectStore: RepositoryContext['objectStore'],
  instanceId: InstanceId,
  pointId: PointId,
): Promise<boolean> {
  return (await objectStore.head(objectKeys.removal(instanceId, pointId))) !== null;
}

/**
 * The point that a session has made; null: it has made none so far.
 *
 * @throws SESSION_FENCED when it can make none
 */
export async function committedPoint(
  context: RepositoryContext,
  instanceId: InstanceId,
  pointId: PointId,
): Promise<CommittedPoint | null> {
  const found = await storedPoint(context, instanceId, pointId);
  const removed = await isRemoved(context.objectStore, instanceId, pointId);
  if (removed || found?.kind === 'tombstone') throw fenced(pointId);
  return found;
}

/** @throws UNKNOWN_POINT, OBJECT_CORRUPT */
export async function requirePoint(
  context: RepositoryContext,
  pointId: PointId,
): Promise<CommittedPoint> {
  const found = await findPoint(context, pointId);
  if (found !== null) return found;
  throw new SnapledgerError('UNKNOWN_POINT', `there is no restore point ${pointId}`, {
    remedy: "'snapledger points' lists those there are.",
  });
}

/** The point, of whichever instance it is. @throws OBJECT_CORRUPT */
export async function findPoint(
  context: RepositoryContext,
  pointId: PointId,
): Promise<CommittedPoint | null> {
  const instanceId = await instanceOfPoint(context, pointId);
  if (instanceId === null) return null;
  const found = await storedPoint(context, instanceId, pointId);
  return found?.kind === 'point' ? found : null;
}

/** Of whose point, tombstone or removed point there is an object. */
export async function instanceOfPoint(
  { objectStore }: RepositoryContext,
  pointId: PointId,
): Promise<InstanceId | null> {
  for (const prefix of [objectKeys.points(), objectKeys.removals()]) {
    for await (const { key } of objectStore.list(prefix)) {
      if (sessionInKey(key) === pointId) return instanceInKey(key);
    }
  }
  return null;
}

/** All committed points, of one instance or of all, in no order; those that are damaged last. */
export async function* listStoredPoints(
  context: RepositoryContext,
  instanceId?: InstanceId,
): AsyncGenerator<ListedPoint, void> {
  const damaged: ListedPoint[] = [];
  for await (const { key } of context.objectStore.list(objectKeys.points(instanceId))) {
    const pointId = sessionInKey(key);
    if (pointId === null) continue;
    const keyInstanceId = instanceInKey(key);
    try {
      const found = await storedPoint(context, keyInstanceId, pointId);
      if (found?.kind === 'point') yield { kind: 'point', point: found };
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (await isRemoved(context.objectStore, keyInstanceId, pointId)) continue;
      damaged.push({ kind: 'damage', pointId, objectKey: key, error });
    }
  }
  yield* damaged;
}
