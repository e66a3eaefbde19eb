import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../../domain/identifiers.ts';
import type { VerifyOptions } from '../../verification.ts';
import type { ListedPoint, PointListing } from '../point/list-points.ts';
import { listStoredPoints } from '../point/list-points.ts';
import type { PointCatalog } from '../point/point-catalog.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';

/** Sessions that have not ended are checked with all points. */
export function isOfAll({ pointId, instanceId }: VerifyOptions): boolean {
  return pointId === undefined && instanceId === undefined;
}

/** The points that a verification is of. @throws UNKNOWN_POINT */
export async function pointsToVerify(
  { catalog }: RepositoryContext,
  { pointId, instanceId }: VerifyOptions,
): Promise<PointListing> {
  if (pointId === undefined) return await listStoredPoints(catalog, instanceId);
  const listed = await listedPoint(catalog, pointId);
  return {
    total: 1,
    // eslint-disable-next-line @typescript-eslint/require-await -- the type is asynchronous
    async *points() {
      yield listed;
    },
  };
}

async function listedPoint(catalog: PointCatalog, pointId: PointId): Promise<ListedPoint> {
  try {
    return { kind: 'point', point: await catalog.read(pointId) };
  } catch (error) {
    const instanceId = await catalog.instanceOf(pointId);
    if (instanceId === null || !hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return { kind: 'damage', instanceId, pointId, error };
  }
}
