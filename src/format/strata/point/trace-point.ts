import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId } from '../../../domain/identifiers.ts';
import type { PointTrace } from '../../point-trace.ts';
import { isLocked } from '../lock/lock-generation.ts';
import { corruptionReason } from '../object/object-corrupt.ts';
import { pointKey, removalMarkKey } from '../object/object-keys.ts';
import { openRepositoryObject } from '../object/repository-object.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { PointSlot } from './point-catalog.ts';

/**
 * What has become of a point that was committed. Its removal mark, which readers go by without opening it,
 * is opened here: anybody who may create objects can make one.
 */
export async function tracePoint(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<PointTrace> {
  const slot = await slotOf(context, pointId, instanceId);
  // Before its date no mark counts.
  if (
    typeof slot !== 'string' &&
    slot.kind === 'point' &&
    isLocked(slot.point.manifest, context.clock.now())
  ) {
    return { kind: 'there' };
  }
  // In this order: the mark is made before the manifest goes.
  const marked = await traceOfMark(context, pointId, instanceId);
  if (marked !== null) return marked;
  if (slot === 'damaged' || slot.kind === 'point') return { kind: 'there' };
  const objectKey = pointKey(instanceId, pointId);
  const reason =
    slot.kind === 'free' ? 'the object is missing' : `a ${slot.kind} is in the place of the point`;
  return { kind: 'missing', objectKey, reason };
}

async function slotOf(
  { catalog }: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<PointSlot | 'damaged'> {
  try {
    return await catalog.unmarkedSlotOf(instanceId, pointId);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return 'damaged';
  }
}

/** Null when there is no mark. */
async function traceOfMark(
  context: RepositoryContext,
  pointId: PointId,
  instanceId: InstanceId,
): Promise<PointTrace | null> {
  const objectKey = removalMarkKey(instanceId, pointId);
  try {
    const bytes = await context.objectStore.get(objectKey);
    await openRepositoryObject(context, { bytes, kinds: ['removal-mark'], objectKey });
    return { kind: 'removed' };
  } catch (error) {
    if (hasErrorCode(error, 'OBJECT_NOT_FOUND')) return null;
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    const reason = `what hides the point is not a mark of its removal: ${corruptionReason(error)}`;
    return { kind: 'missing', objectKey, reason };
  }
}
