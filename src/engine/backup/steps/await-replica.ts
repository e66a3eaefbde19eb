import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import { problemOf } from '../../problem-of.ts';
import { giveUpReplica, releaseSources } from '../replica-copies.ts';
import type { StepContext } from '../step-context.ts';

type AwaitReplica = Extract<BackupStep, { readonly kind: 'await-replica' }>;

/** Waits until every copy is completed; one that failed takes the others with it. */
export async function awaitReplica(
  context: StepContext,
  step: AwaitReplica,
): Promise<BackupCommand> {
  const { engine, signal, waiters } = context;
  try {
    await waiters.copiesIn(step.target).completed(step.snapshotIds, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return giveUpReplica(context, step, problemOf(error));
  }
  const completedAt = engine.clock.now();
  const stillShared = await releaseSources(context, step);
  return { type: 'RecordReplicated', completedAt, stillShared };
}
