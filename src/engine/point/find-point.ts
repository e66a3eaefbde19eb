import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';
import { missingPoints, type PointRecords } from './missing-points.ts';
import { pointMissing } from './point-missing.ts';

/**
 * The one point whose id begins with `prefix`. A damaged manifest of another point is no obstacle.
 *
 * @throws UNKNOWN_POINT, AMBIGUOUS_ID, INVALID_ARGUMENT; POINT_MISSING when only one that is missing has such
 *   an id; OBJECT_CORRUPT when no sound point has such an id but there is a damaged one
 */
export async function findPoint(
  records: PointRecords,
  repository: Repository,
  prefix: string,
): Promise<PointId> {
  const ids: PointId[] = [];
  let damage: SnapledgerError | null = null;
  try {
    for await (const { pointId } of repository.listPoints()) ids.push(pointId);
  } catch (error) {
    // The sound ones come first.
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    damage = error;
  }
  const found = findByPrefix(prefix, ids, 'restore point');
  if (found !== null) return found;
  const missing = await missingPoints(records, repository, new Set(ids));
  const id = findByPrefix(
    prefix,
    missing.map(({ pointId }) => pointId),
    'restore point',
  );
  const named = missing.find(({ pointId }) => pointId === id);
  if (named !== undefined) throw await pointMissing(records, repository, named);
  if (damage !== null) throw damage;
  throw unknownPoint(prefix);
}

export function unknownPoint(prefix: string): SnapledgerError {
  return new SnapledgerError('UNKNOWN_POINT', `there is no restore point '${prefix}'`, {
    remedy: `'snapledger points' lists them.`,
  });
}
