import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';

/**
 * The one point whose id begins with `prefix`. A damaged manifest of another point is no obstacle.
 *
 * @throws UNKNOWN_POINT, AMBIGUOUS_ID, INVALID_ARGUMENT; OBJECT_CORRUPT when no sound point has
 *   such an id but there is a damaged one
 */
export async function findPoint(repository: Repository, prefix: string): Promise<PointId> {
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
  if (damage !== null) throw damage;
  throw unknownPoint(prefix);
}

export function unknownPoint(prefix: string): SnapledgerError {
  return new SnapledgerError('UNKNOWN_POINT', `there is no restore point '${prefix}'`, {
    remedy: `'snapledger points' lists them.`,
  });
}
