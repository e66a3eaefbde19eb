import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import type { Instances } from '../../ports/cloud/instances.ts';

/** Instances whose disks cannot be described are listed all the same. */
const diskErrors = ['DISK_MISSING', 'DISK_UNREADABLE', 'DISK_EMPTY', 'DISK_NOT_ALIGNED'] as const;

/**
 * What policies look at when they select. Of an instance that is gone only the id is known, so that
 * only policies that name it have it.
 *
 * @throws what is wrong with it, when it is there and cannot be read
 */
export async function selectableInstance(
  instances: Pick<Instances, 'describe' | 'readable'>,
  instanceId: InstanceId,
): Promise<SelectableInstance> {
  try {
    return await instances.describe(instanceId);
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_INSTANCE', ...diskErrors)) throw error;
    const { instances: known, unreadable } = await instances.readable();
    const unread = unreadable.find((one) => one.instanceId === instanceId);
    if (unread !== undefined) throw unread.error;
    return known.find((one) => one.instanceId === instanceId) ?? { instanceId, tags: {} };
  }
}
