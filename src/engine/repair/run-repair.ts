import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId } from '../../domain/identifiers.ts';
import { healablePieces } from '../../domain/repository-session/healable-pieces.ts';
import type { VerifyProgress } from '../../format/verification.ts';
import { endDeadWriters } from '../collection/end-dead-writers.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import type {
  RecordEvent,
  RepositoryWorkSession,
} from '../repository-session/repository-sessions.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import {
  type FoundDamage,
  inRounds,
  recordCoverage,
  recordFindings,
} from '../verification/record-findings.ts';
import { damageFound } from '../verification/run-verification.ts';
import { lookAt, lookForDamage, type RepairWork, withSources } from './repair-work.ts';

export interface RepairRun {
  readonly engine: EngineContext;
  readonly directory: SessionDirectory;
  readonly work: RepairWork;
  readonly onProgress: (progress: VerifyProgress) => void;
}

/**
 * Looks for damage, heals what can be healed, looks again at what was damaged, and records which points
 * are sound and which are not. When the engine dies the session is a writer that was left: nothing has
 * changed or all of it has, and the next repair ends it.
 *
 * @throws POINT_DAMAGED
 */
export async function runRepair(run: RepairRun, session: RepositoryWorkSession): Promise<void> {
  const { left, unread } = await findAndHeal(run, session);
  if (left.findings > 0) throw damageLeft(left, unread);
}

interface Healing {
  /** What is damaged in the end. */
  readonly left: FoundDamage;
  /** Why snapshots that are there could not be read. */
  readonly unread: string | null;
}

async function findAndHeal(
  run: RepairRun,
  { sessionId, signal, record }: RepositoryWorkSession,
): Promise<Healing> {
  const { engine, work, onProgress } = run;
  const { repairer, instanceId } = work;
  const looking = lookForDamage(work, signal);
  const found = await recordFindings(looking, 'DamageFound', record, onProgress);
  if (found.coverage !== null) await recordCoverage(found.coverage, engine, record);
  if (found.findings === 0) {
    await mark(run, found.looked, found, record);
    return { left: found, unread: null };
  }
  const suspects = found.damagedObjects;
  const { unread } = await withSources(engine, work, async (elsewhere) => {
    // Where all points are missing there is nothing of which anything could be healed.
    if (found.looked.size === 0) return;
    const options = { suspects, elsewhere, signal };
    const plan = await repairer.planRepair(instanceId, options);
    await record({ type: 'RepairPlanned', data: { instanceId, ...plan } });
    if (healablePieces(plan) === 0) return;
    await endDeadWritersOf(run, record);
    const healed = await repairer.repair(instanceId, sessionId, options);
    await record({ type: 'DamageHealed', data: { instanceId, ...healed } });
  });
  const again = lookAt(work, suspects, signal);
  const left = await recordFindings(again, 'DamageLeft', record, onProgress);
  if (left.coverage !== null) await recordCoverage(left.coverage, engine, record);
  await mark(run, found.looked, left, record);
  return { left, unread };
}

/** A repair or repacking that died holds up whoever moves data of its instance. */
async function endDeadWritersOf(
  { directory, work }: RepairRun,
  record: RecordEvent,
): Promise<void> {
  const { repository } = work;
  const { collector } = repository;
  if (collector === null) return;
  await endDeadWriters({ directory, repository, collector, fence: [] }, record);
}

/** Every point that was looked at is marked, so that what was known of it before is over. */
async function mark(
  { work: { instanceId } }: RepairRun,
  looked: ReadonlySet<PointId>,
  { hurt }: FoundDamage,
  record: RecordEvent,
): Promise<void> {
  const soundPoints = [...looked].filter((pointId) => !hurt.has(pointId));
  for (const [sound, damaged] of inRounds(soundPoints, [...hurt])) {
    await record({ type: 'PointsMarked', data: { instanceId, sound, damaged } });
  }
}

function damageLeft({ findings, hurt }: FoundDamage, unread: string | null): SnapledgerError {
  const damage = damageFound(findings, hurt.size);
  if (unread === null) return damage;
  const message = `${damage.message}; snapshots could not be read: ${unread}`;
  return new SnapledgerError(damage.code, message);
}
