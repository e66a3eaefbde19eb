import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import type { PointReader } from '../../format/restore-point.ts';
import { missingPoints, type PointRecords } from './missing-points.ts';
import { pointMissing } from './point-missing.ts';

/** @throws UNKNOWN_POINT, OBJECT_CORRUPT; POINT_MISSING when the ledger has it and the repository has not */
export async function openPoint(
  records: PointRecords,
  repository: Repository,
  pointId: PointId,
): Promise<PointReader> {
  try {
    return await repository.openPoint(pointId);
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
    const [missing] = await missingPoints(records, repository, new Set(), { pointId });
    throw missing === undefined ? error : await pointMissing(records, repository, missing);
  }
}
