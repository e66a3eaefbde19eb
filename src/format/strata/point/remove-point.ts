import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { isLocked } from '../lock/lock-generation.ts';
import { removeUnlessHeld } from '../lock/remove-unless-held.ts';
import type { PointSlot } from './point-catalog.ts';
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
 * @returns `held` when the point is gone, and the object of its manifest is for a later collection
 *
 * @throws INVALID_ARGUMENT when the point is one of another instance, POINT_LOCKED before its date; nothing is
 *   removed then
 */
export async function removePoint(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<'removed' | 'held'> {
  await requireRemovable(context, pointId, instanceId);
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
  // Locked up to the end of its generation it may stay a while; the mark is what counts.
  return await removeUnlessHeld(objectStore, pointKey(instanceId, pointId));
}

async function requireRemovable(
  { catalog, clock }: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  let slot: PointSlot;
  try {
    slot = await catalog.unmarkedSlotOf(instanceId, pointId);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return;
  }
  if (slot.kind === 'free') {
    // Usually it is there; only otherwise all points are looked through.
    await requireOwnInstance(catalog, pointId, instanceId);
    return;
  }
  if (slot.kind !== 'point' || !isLocked(slot.point.manifest, clock.now())) return;
  const { lockedUntil = 0 } = slot.point.manifest;
  throw new SnapledgerError(
    'POINT_LOCKED',
    `the point ${pointId} is locked until ${new Date(lockedUntil).toISOString()}`,
    {
      remedy: 'Wait until then: nobody can remove it before. Nothing was removed.',
      details: { pointId, lockedUntil },
    },
  );
}

async function requireOwnInstance(
  catalog: RepositoryContext['catalog'],
  pointId: PointId,
  instanceId: InstanceId,
): Promise<void> {
  const other = await catalog.instanceOf(pointId);
  if (other === null || other === instanceId) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `the point ${pointId} is one of instance ${other}, not of ${instanceId}`,
    { remedy: 'Remove it with its own instance; nothing was removed.' },
  );
}
