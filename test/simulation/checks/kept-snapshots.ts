import { instanceHistory } from '../../../src/domain/retention/instance-history.ts';
import type { Check } from './checked-run.ts';

/**
 * What the ledger says is there is there: every snapshot of every set of the chain exists in the
 * cloud. A set whose removal has failed half-way may be there in part, and must not count as one
 * from which something can be restored.
 */
export const checkKeptSnapshots: Check = ({ world, ledger }) => {
  const violations: string[] = [];
  const existing = new Set(
    world.snapshots.existing.map(({ description }) => description.snapshotId),
  );
  for (const instanceId of world.disks.instanceIds) {
    const sessions = ledger.backups
      .filter((backup) => backup.instanceId === instanceId)
      .map(({ state }) => state);
    for (const { id, snapshots, condition } of instanceHistory(sessions).sets) {
      if (condition === 'incomplete') continue;
      const missing = snapshots
        .map(({ snapshotId }) => snapshotId)
        .filter((snapshotId) => !existing.has(snapshotId));
      if (missing.length === 0) continue;
      violations.push(`set ${id} is kept as complete, and lacks ${missing.join(', ')}`);
    }
  }
  return violations;
};
