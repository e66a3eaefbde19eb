import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { roleFor } from '../../../domain/retention/replica-policy.ts';
import { problemOf } from '../../problem-of.ts';
import { deleteCopies } from '../replica-copies.ts';
import type { StepContext } from '../step-context.ts';

type RemoveReplica = Extract<BackupStep, { readonly kind: 'remove-replica' }>;

/**
 * Removes the copies that retention let go, by their tags: of a replica that failed half-way no
 * event lists them. What cannot be removed becomes a warning; the next retention decides anew.
 */
export async function removeReplica(
  { engine, session, history }: StepContext,
  { replicaSetId }: RemoveReplica,
): Promise<BackupCommand> {
  const { replicas } = await history();
  const replica = replicas.find(({ id }) => id === replicaSetId);
  assert(replica !== undefined, 'a replica that is to go exists until its removal is recorded');
  const { sessionId } = replica;
  const target = { ...replica.target, account: roleFor(session.policy, replica.target) };
  try {
    const removed = await deleteCopies(engine, { sessionId, replicaSetId, target });
    const snapshotIds = removed.map(({ snapshotId }) => snapshotId);
    return { type: 'RecordReplicaRemoved', replicaSetId, snapshotIds };
  } catch (error) {
    return { type: 'RecordReplicaNotRemoved', replicaSetId, problem: problemOf(error) };
  }
}
