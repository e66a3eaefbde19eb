import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import type { ReplicaDescription } from '../../../ports/cloud/replicas.ts';
import { accountIn } from '../../cloud-account.ts';
import { problemOf } from '../../problem-of.ts';
import { withRetries } from '../../retry/with-retries.ts';
import { findCopies, giveUpReplica } from '../replica-copies.ts';
import type { StepContext } from '../step-context.ts';

type StartReplica = Extract<BackupStep, { readonly kind: 'start-replica' }>;

/**
 * Begins to copy each snapshot of the set that has no copy yet: no cloud has a token that would make
 * the request idempotent, so what carries this session is looked up first, and again after each
 * failure.
 */
export async function startReplica(
  context: StepContext,
  step: StartReplica,
): Promise<BackupCommand> {
  const { engine, signal } = context;
  const { clock, random, limits } = engine;
  const retry = { policy: limits.retry, clock, random, signal };
  try {
    const copies = await withRetries(() => beginCopies(context, step), retry);
    const snapshots = copies.map(({ snapshotId, sourceSnapshotId, volumeId }) => ({
      snapshotId,
      sourceSnapshotId,
      volumeId,
    }));
    return { type: 'RecordReplicaStarted', snapshots };
  } catch (error) {
    // The session is cancelled, or the engine closes.
    if (signal.aborted) throw error;
    return giveUpReplica(context, step, problemOf(error));
  }
}

async function beginCopies(
  { engine, session, signal }: StepContext,
  { replicaSetId, target, snapshotIds }: StartReplica,
): Promise<readonly ReplicaDescription[]> {
  const { sessionId, instanceId } = session;
  const { replicas } = accountIn(engine.cloud, target.account);
  const found = await findCopies(engine, { sessionId, replicaSetId, target });
  const copies: ReplicaDescription[] = [];
  for (const sourceSnapshotId of snapshotIds) {
    signal.throwIfAborted();
    const known = found.find((copy) => copy.sourceSnapshotId === sourceSnapshotId);
    const owner = { sessionId, instanceId };
    copies.push(
      known ?? (await replicas.copy({ replicaSetId, owner, target, sourceSnapshotId }, { signal })),
    );
  }
  return copies;
}
