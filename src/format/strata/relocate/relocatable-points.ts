import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { refuseCondemnedParent } from '../collect/condemned-packs.ts';
import { currentPoint, type CurrentPoint } from '../point/current-point.ts';
import { listStoredPoints } from '../point/list-points.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { relocationsOf } from './relocations-of.ts';

/**
 * The points of an instance whose maps can be given new places, oldest first: what is condemned must
 * not be taken over, so a point that leads to it is left as it is, and so is one whose manifest is
 * damaged.
 */
export async function* relocatablePoints(
  context: RepositoryContext,
  instanceId: InstanceId,
  condemned: ReadonlySet<ObjectKey>,
): AsyncGenerator<CurrentPoint> {
  const { roots } = await relocationsOf(context, instanceId);
  const { points } = await listStoredPoints(context.catalog, instanceId);
  for await (const listed of points()) {
    if (listed.kind === 'damage') continue;
    const point = currentPoint(listed.point, roots);
    try {
      for (const { root } of point.volumes) await refuseCondemnedParent(context, root, condemned);
    } catch (error) {
      if (hasErrorCode(error, 'PARENT_CONDEMNED')) continue;
      throw error;
    }
    yield point;
  }
}
