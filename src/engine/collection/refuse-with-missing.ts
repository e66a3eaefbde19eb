import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import { missingPoints, type PointRecords } from '../point/missing-points.ts';

/**
 * What a missing point needs cannot be told, and would be removed: when its object is brought back the point
 * is whole again.
 *
 * @throws COLLECTION_BLOCKED
 */
export async function refuseWithMissing(
  records: PointRecords,
  repository: Repository,
): Promise<void> {
  const there = new Set<PointId>();
  try {
    for await (const { pointId } of repository.listPoints()) there.add(pointId);
  } catch (error) {
    // Of damaged ones the collector tells.
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
  }
  const [missing] = await missingPoints(records, repository, there);
  if (missing === undefined) return;
  const { pointId, instanceId, objectKey, reason } = missing;
  throw new SnapledgerError(
    'COLLECTION_BLOCKED',
    `the restore point ${pointId} of '${instanceId}' is missing, so what it needs cannot be told: ` +
      `${reason} (${objectKey})`,
    {
      remedy:
        "Bring the object back from a copy of the repository. Nothing is collected until then, or until the instance's " +
        'retention lets the point go.',
      details: { pointId, instanceId, objectKey },
    },
  );
}
