import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { SnapshotSetId } from '../../../domain/identifiers.ts';
import type { StepContext } from '../step-context.ts';

/** Names the set before anything is asked of the cloud: the intent. */
export function requestSnapshots({ engine }: StepContext): BackupCommand {
  return { type: 'RequestSnapshots', setId: engine.random.uuid() as SnapshotSetId };
}
