import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Repository } from '../../format/repository.ts';
import type { VerifyBudget } from '../../format/verification.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { PointRecords } from '../point/missing-points.ts';
import type { RepositoryWorkSession } from '../repository-session/repository-sessions.ts';
import { recordCoverage, recordFindings } from './record-findings.ts';
import { verifyRepository } from './verify-repository.ts';

export interface VerificationRun {
  readonly records: PointRecords;
  readonly repository: Repository;
  readonly budget: VerifyBudget;
}

/**
 * Verifies within the budget, and records what was found and what was read.
 *
 * @throws POINT_DAMAGED
 */
export async function runVerification(
  engine: Pick<EngineContext, 'clock'>,
  { records, repository, budget }: VerificationRun,
  { signal, record }: RepositoryWorkSession,
): Promise<void> {
  const results = verifyRepository(records, repository, { depth: 'deep', budget, signal });
  const { findings, hurt, coverage } = await recordFindings(results, 'DamageFound', record);
  if (coverage !== null) {
    await recordCoverage(coverage, engine, record);
    const { soundObjects, damagedObjects, bytes, objectsTotal, bytesTotal } = coverage;
    const objects = soundObjects.length + damagedObjects.length;
    const data = { objects, bytes, objectsTotal, bytesTotal, findings };
    await record({ type: 'VerificationCovered', data });
  }
  if (findings > 0) throw damageFound(findings, hurt.size);
}

/** How a session ends that has found damage. */
export function damageFound(findings: number, points: number): SnapledgerError {
  return new SnapledgerError(
    'POINT_DAMAGED',
    `damage was found in ${points === 1 ? 'one restore point' : `${points} restore points`}, ` +
      (findings === 1 ? 'in one place' : `in ${findings} places`),
  );
}
