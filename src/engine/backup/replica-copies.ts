import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { ReplicaSetId, SessionId } from '../../domain/identifiers.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { withRetries } from '../retry/with-retries.ts';
import type { StepContext } from './step-context.ts';

/** Which copies are meant: those of one set in one target, made by one session. */
export interface CopiesOf {
  readonly sessionId: SessionId;
  readonly replicaSetId: ReplicaSetId;
  readonly target: ReplicaTarget;
}

/** All copies of a replica set that exist, also those of which no event tells. */
export async function findCopies(
  { cloud }: Pick<EngineContext, 'cloud'>,
  { sessionId, replicaSetId, target }: CopiesOf,
): Promise<readonly ReplicaDescription[]> {
  const ofSession = await cloud.replicas.find(target.region, { sessionId });
  return ofSession.filter((copy) => copy.replicaSetId === replicaSetId);
}

/** Removes every copy of a replica set. Idempotent. */
export async function deleteCopies(
  engine: EngineContext,
  copies: CopiesOf,
): Promise<readonly ReplicaDescription[]> {
  const { clock, random, limits, cloud } = engine;
  const retry = { policy: limits.retry, clock, random };
  const found = await withRetries(() => findCopies(engine, copies), retry);
  for (const { snapshotId } of found) {
    await withRetries(() => cloud.replicas.delete(copies.target.region, snapshotId), retry);
  }
  return found;
}

/**
 * Removes what there is of a replica that will not be, and records why. A replica is worth less
 * than the backup: its failure is a warning of the session. What cannot be removed now is left to
 * retention.
 */
export async function giveUpReplica(
  { engine, session }: StepContext,
  { replicaSetId, target }: Omit<CopiesOf, 'sessionId'>,
  problem: Problem,
): Promise<BackupCommand> {
  try {
    await deleteCopies(engine, { sessionId: session.sessionId, replicaSetId, target });
    return { type: 'RecordReplicaFailed', problem, copies: 'none' };
  } catch {
    // The problem that is told is the first one; that copies may be left is recorded.
    return { type: 'RecordReplicaFailed', problem, copies: 'perhaps-left' };
  }
}
