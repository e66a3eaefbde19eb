import type { PlannedVolume } from '../../domain/backup-session/backup-events.ts';
import type { StartedBackup, VolumeTransfer } from '../../domain/backup-session/backup-session.ts';
import { assert } from '../../domain/errors/assert.ts';

export interface UntransferredVolume {
  readonly planned: PlannedVolume;
  readonly transfer: VolumeTransfer;
}

/** The volumes of which something planned is not yet durable, in the order of the read plan. */
export function untransferredVolumes({
  readPlan,
  transfers,
}: StartedBackup): readonly UntransferredVolume[] {
  assert(readPlan !== null, 'transferring comes after the read plan');
  return readPlan.flatMap((planned) => {
    const transfer = transfers.find(({ volumeId }) => volumeId === planned.volumeId);
    assert(transfer !== undefined, 'every planned volume has its transfer');
    return transfer.endPlanned < transfer.plannedBlocks ? [{ planned, transfer }] : [];
  });
}
