import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { pointKey, removalMarkKey } from '../object/object-keys.ts';
import { sealRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/**
 * Removes a point. Creating the removal mark is what decides; then the manifest goes. The mark stays
 * for ever, so that no writer that slept can make the point anew or, taking the session for one that
 * never committed, remove records that other points refer to. Idempotent.
 *
 * A damaged manifest is removed like a sound one.
 *
 * @throws INVALID_ARGUMENT when the point is one of another instance; nothing is removed then
 */
export async function removePoint(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  await requireOwnInstance(context, pointId, instanceId);
  const { objectStore, clock } = context;
  const objectKey = removalMarkKey(instanceId, pointId);
  const mark = sealRepositoryObject(context, {
    kind: 'removal-mark',
    objectKey,
    content: encodeMsgpack({ removedAt: clock.now() }),
  });
  try {
    await objectStore.create(objectKey, mark);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
  await objectStore.delete(pointKey(instanceId, pointId));
}

async function requireOwnInstance(
  { catalog, objectStore }: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  // Usually it is there; only otherwise all points are looked through.
  if ((await objectStore.head(pointKey(instanceId, pointId))) !== null) return;
  const other = await catalog.instanceOf(pointId);
  if (other === null || other === instanceId) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the point ${pointId} is one of instance ${other}, not of ${instanceId}`,
    { remedy: 'Remove it with its own instance; nothing was removed.' },
  );
}
