import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { ReplicaSetId } from '../../../domain/identifiers.ts';
import type { StepContext } from '../step-context.ts';

/** Names the copies before anything is asked of the cloud: the intent. */
export function requestReplica({ engine }: StepContext): BackupCommand {
  return { type: 'RequestReplica', replicaSetId: engine.random.uuid() as ReplicaSetId };
}
