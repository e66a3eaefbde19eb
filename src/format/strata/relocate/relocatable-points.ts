import type { InstanceId } from '../../../domain/identifiers.ts';
import { currentPoint, type CurrentPoint } from '../point/current-point.ts';
import { listStoredPoints } from '../point/list-points.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import { soundRoots } from './sound-roots.ts';

/**
 * The points of an instance whose maps can be given new places, oldest first. One whose manifest is
 * damaged is left as it is.
 *
 * @throws OBJECT_CORRUPT when it is unknown where the maps of the instance begin now
 */
export async function* relocatablePoints(
  context: RepositoryContext,
  instanceId: InstanceId,
): AsyncGenerator<CurrentPoint> {
  const roots = await soundRoots(context, instanceId);
  const { points } = await listStoredPoints(context.catalog, instanceId);
  for await (const listed of points()) {
    if (listed.kind === 'point') yield currentPoint(listed.point, roots);
  }
}
