import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import type { RepositorySessionEvent } from '../../domain/repository-session/repository-events.ts';
import type {
  RepositorySession,
  StartedRepositorySession,
} from '../../domain/repository-session/repository-session.ts';
import type { Repository } from '../../format/repository.ts';
import type { VerifyBudget, VerifyCoverage, VerifyFinding } from '../../format/verification.ts';
import { repositoryAggregate } from '../collection/repository-aggregate.ts';
import { unfinishedWork } from '../collection/unfinished-work.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type { Ledger, Loaded } from '../ledger/ledger.ts';

const limits = {
  /** Keys in one event: some 35 KB. */
  keysPerEventMax: 500,
  /** Findings with an event of their own; after them only the first of each point. */
  findingsMax: 1000,
} as const;

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
  let findings = 0;
  const hurt = new Set<PointId>();
  let coverage: VerifyCoverage | null = null;
  try {
    for await (const result of repository.verify({ depth: 'deep', budget, signal })) {
      if (result.kind === 'coverage') coverage = result;
      if (result.kind !== 'finding') continue;
      findings += 1;
      if (findings <= limits.findingsMax || !hurt.has(result.pointId)) await record(found(result));
      hurt.add(result.pointId);
    }
    if (coverage !== null) await recordCoverage(coverage, findings, engine, record);
    if (findings > 0) throw damageFound(findings, hurt.size);
    await record({ type: 'RepositorySessionCompleted', data: { endedAt: engine.clock.now() } });
  } catch (error) {
    await record(unfinishedWork(error, signal, engine));
  }
  assert(current.state.status !== 'not-started', 'a verification that runs was started');
  return current.state;
}

function found(finding: VerifyFinding): RepositorySessionEvent {
  const { pointId, volumeId, device, objectKey, firstBlock, blockCount, reason } = finding;
  return {
    type: 'DamageFound',
    data: { pointId, volumeId, device, objectKey, firstBlock, blockCount, reason },
  };
}

async function recordCoverage(
  { soundObjects, damagedObjects, bytes, objectsTotal, bytesTotal }: VerifyCoverage,
  findings: number,
  { clock }: EngineContext,
  record: (event: RepositorySessionEvent) => Promise<void>,
): Promise<void> {
  const verifiedAt = clock.now();
  const { keysPerEventMax } = limits;
  const rounds = Math.ceil(Math.max(soundObjects.length, damagedObjects.length) / keysPerEventMax);
  for (let round = 0; round < rounds; round += 1) {
    const part = [round * keysPerEventMax, (round + 1) * keysPerEventMax] as const;
    const sound = soundObjects.slice(...part);
    const damaged = damagedObjects.slice(...part);
    await record({ type: 'ObjectsVerified', data: { sound, damaged, verifiedAt } });
  }
  const objects = soundObjects.length + damagedObjects.length;
  const data = { objects, bytes, objectsTotal, bytesTotal, findings };
  await record({ type: 'VerificationCovered', data });
}

function damageFound(findings: number, points: number): SnapledgerError {
  return new SnapledgerError(
    'POINT_DAMAGED',
    `damage was found in ${points === 1 ? 'one restore point' : `${points} restore points`}, ` +
      (findings === 1 ? 'in one place' : `in ${findings} places`),
  );
}
