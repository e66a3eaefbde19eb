import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import { problemOf } from '../../problem-of.ts';
import { withRetries } from '../../retry/with-retries.ts';
import type { StepContext } from '../step-context.ts';

type RemoveSnapshots = Extract<BackupStep, { readonly kind: 'remove-snapshots' }>;

/**
 * Removes a set that retention let go. What cannot be removed becomes a warning, because the
 * backup itself is done; the next session's retention decides about it anew.
 */
export async function removeSnapshots(
  { engine }: StepContext,
  { setId, snapshotIds }: RemoveSnapshots,
): Promise<BackupCommand> {
  const { clock, random, limits, cloud } = engine;
  const retry = { policy: limits.retry, clock, random };
  try {
    for (const snapshotId of snapshotIds) {
      await withRetries(() => cloud.snapshots.delete(snapshotId), retry);
    }
    return { type: 'RecordSnapshotRemoved', setId, snapshotIds };
  } catch (error) {
    return { type: 'RecordSnapshotNotRemoved', setId, problem: problemOf(error) };
  }
}
