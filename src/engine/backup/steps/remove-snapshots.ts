import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../../domain/backup-session/backup-step.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { problemOf } from '../../problem-of.ts';
import { withRetries } from '../../retry/with-retries.ts';
import type { StepContext } from '../step-context.ts';

type RemoveSnapshots = Extract<BackupStep, { readonly kind: 'remove-snapshots' }>;

/**
 * Removes a set that retention let go. What cannot be removed becomes a warning, because the
 * backup itself is done; the next session's retention decides about it anew.
 */
export async function removeSnapshots(
  { engine, history }: StepContext,
  { setId }: RemoveSnapshots,
): Promise<BackupCommand> {
  const { sets } = await history();
  const set = sets.find(({ id }) => id === setId);
  assert(set !== undefined, 'a set that is to go is in the chain until its removal is recorded');
  const snapshotIds = set.snapshots.map(({ snapshotId }) => snapshotId);
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
