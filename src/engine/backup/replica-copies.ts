import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { ReplicaSetId, SessionId } from '../../domain/identifiers.ts';
import { accountIdOf, isSameAccount } from '../../domain/policy/account-role.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';
import type { ReplicaDescription } from '../../ports/cloud/replicas.ts';
import { accountIn } from '../cloud-account.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { problemOf } from '../problem-of.ts';
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
  const { replicas } = accountIn(cloud, target.account);
  const ofSession = await replicas.find(target.region, { sessionId });
  return ofSession.filter((copy) => copy.replicaSetId === replicaSetId);
}

/** Removes every copy of a replica set. Idempotent. */
export async function deleteCopies(
  engine: EngineContext,
  copies: CopiesOf,
): Promise<readonly ReplicaDescription[]> {
  const { clock, random, limits, cloud } = engine;
  const retry = { policy: limits.retry, clock, random };
  const { region, account } = copies.target;
  const { replicas } = accountIn(cloud, account);
  const found = await withRetries(() => findCopies(engine, copies), retry);
  for (const { snapshotId } of found) {
    await withRetries(() => replicas.delete(region, snapshotId), retry);
  }
  return found;
}

/**
 * Removes what there is of a replica that will not be, and records why. A replica is worth less
 * than the backup: its failure is a warning of the session. What cannot be removed now is left to
 * retention.
 */
export async function giveUpReplica(
  context: StepContext,
  { replicaSetId, target }: Omit<CopiesOf, 'sessionId'>,
  problem: Problem,
): Promise<BackupCommand> {
  const { engine, session } = context;
  const copies = await deleteCopies(engine, {
    sessionId: session.sessionId,
    replicaSetId,
    target,
  }).then(
    () => 'none' as const,
    // The problem that is told is the first one; that copies may be left is recorded.
    () => 'perhaps-left' as const,
  );
  const stillShared = await releaseSources(context, { replicaSetId, target });
  return { type: 'RecordReplicaFailed', problem, copies, stillShared };
}

/**
 * Takes from the account of a target what it was given to read for its copies, unless other copies of the
 * session go on there.
 *
 * @returns why it may read it still; null: it may not
 */
export async function releaseSources(
  { engine, session }: StepContext,
  { replicaSetId, target }: Omit<CopiesOf, 'sessionId'>,
): Promise<Problem | null> {
  const { account } = target;
  if (account === null) return null;
  const isNeeded = session.replicas.some(
    (other) =>
      other.replicaSetId !== replicaSetId &&
      (other.state === 'requested' || other.state === 'started') &&
      isSameAccount(other.target.account, account),
  );
  if (isNeeded) return null;
  const { clock, random, limits, cloud } = engine;
  const sourceIds = (session.snapshotSet?.snapshots ?? []).map(({ snapshotId }) => snapshotId);
  try {
    const { replicas } = accountIn(cloud, account);
    const retry = { policy: limits.retry, clock, random };
    await withRetries(() => replicas.releaseSources(sourceIds), retry);
    return null;
  } catch (error) {
    const { code, message } = problemOf(error);
    return {
      code,
      message: `account ${accountIdOf(account)} can still read ${sourceIds.join(', ')}: ${message}`,
    };
  }
}
