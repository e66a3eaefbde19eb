import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { Repository } from '../../format/repository.ts';
import type {
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../format/verification.ts';
import { findingOfMissing, missingPoints, type PointRecords } from '../point/missing-points.ts';

/**
 * Checks what the repository has, and then that it has what the ledger says: a point that is gone cannot be
 * missed by the repository alone.
 *
 * @throws as `Repository.verify`
 */
export async function* verifyRepository(
  records: PointRecords,
  repository: Pick<Repository, 'id' | 'tracePoint' | 'verify'>,
  options: VerifyOptions,
): AsyncGenerator<VerifyFinding | VerifyProgress | VerifyCoverage> {
  const there = new Set<PointId>();
  let unknown: Error | null = null;
  try {
    for await (const result of repository.verify(options)) {
      if (result.kind === 'progress') there.add(result.pointId);
      yield result;
    }
  } catch (error) {
    if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
    unknown = error;
  }
  const missing = await missingPoints(records, repository, there, options);
  if (unknown !== null && missing.length === 0) throw unknown;
  for (const point of missing) yield findingOfMissing(point);
}
