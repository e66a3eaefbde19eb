import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type {
  RepositorySession,
  StartedRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { Repository } from '../../format/repository.ts';
import type { VerifyBudget } from '../../format/verification.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import { unfinishedWork } from '../collection/unfinished-work.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';
import { recordCoverage, recordFindings } from './record-findings.ts';

export interface VerificationRun {
  readonly engine: EngineContext;
  readonly ledger: Ledger;
  readonly repository: Repository;
  readonly budget: VerifyBudget;
  readonly signal: AbortSignal;
  readonly onRecorded: () => void;
}

/** Verifies within the budget, and records what was found and what was read. */
export async function runVerification(
  run: VerificationRun,
  loaded: Loaded<RepositorySession>,
): Promise<StartedRepositorySession> {
  const { engine, ledger, repository, budget, signal } = run;
  let current = loaded;
  let recorded = 0;
  const record = async (event: RepositorySessionEvent): Promise<void> => {
    recorded += 1;
    const command = `${event.type}-${recorded}`;
    current = await ledger.append(current, [event], command, repositoryAggregate);
    run.onRecorded();
  };
  try {
    const results = repository.verify({ depth: 'deep', budget, signal });
    const { findings, hurt, coverage } = await recordFindings(results, 'DamageFound', record);
    if (coverage !== null) {
      await recordCoverage(coverage, engine, record);
      const { soundObjects, damagedObjects, bytes, objectsTotal, bytesTotal } = coverage;
      const objects = soundObjects.length + damagedObjects.length;
      const data = { objects, bytes, objectsTotal, bytesTotal, findings };
      await record({ type: 'VerificationCovered', data });
    }
    if (findings > 0) throw damageFound(findings, hurt.size);
    await record({ type: 'RepositorySessionCompleted', data: { endedAt: engine.clock.now() } });
  } catch (error) {
    await record(unfinishedWork(error, signal, engine));
  }
  assert(current.state.status !== 'not-started', 'a verification that runs was started');
  return current.state;
}

/** How a session ends that has found damage. */
export function damageFound(findings: number, points: number): SnapledgerError {
  return new SnapledgerError(
    'POINT_DAMAGED',
    `damage was found in ${points === 1 ? 'one restore point' : `${points} restore points`}, ` +
      (findings === 1 ? 'in one place' : `in ${findings} places`),
  );
}
