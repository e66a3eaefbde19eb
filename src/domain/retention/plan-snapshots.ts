import type { SessionId, SnapshotSetId } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import { cbtBase } from './cbt-base.ts';
import { decideChain } from './decide-chain.ts';
import type { InstanceHistory } from './instance-history.ts';
import { Pins } from './pins.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { ChainPlan } from './retention-plan.ts';
import { rulesOfPolicy } from './rules-of-policy.ts';

/** keep = what the rules keep UNION {CBT base} UNION what is in use or held. */
export function planSnapshots(circumstances: RetentionCircumstances): ChainPlan<SnapshotSetId> {
  const { history, policy, during, now } = circumstances;
  const pins = new Pins();
  if (policy !== null) pinBases(pins, history, policy, during);
  for (const { id, pendingCopies } of history.sets) {
    for (const replicaSetId of pendingCopies) pins.pin(id, { kind: 'copy-source', replicaSetId });
  }
  pins.pinUsed(history.sets, during);
  pins.pinHeld('snapshot-set', history.holds, now);
  const rules = rulesOfPolicy(circumstances, policy?.snapshots.retention ?? null, 'keep-nothing');
  return decideChain({ items: history.sets, rules, pins: pins.all, now });
}

function pinBases(
  pins: Pins,
  history: InstanceHistory,
  { image, snapshots }: BackupPolicy,
  during: SessionId | null,
): void {
  if (image.level === 'off' || image.changedBlockTracking === 'off') return;
  const movesLater = during !== null && snapshots.baseMoves === 'after-retention';
  const base = cbtBase(history, movesLater ? { without: during } : {});
  if (base !== null) pins.pin(base.setId, { kind: 'cbt-base', pointId: base.pointId });
  // The source of this very session is the base of the next one, whichever of the two orders.
  const next = cbtBase(history);
  if (next !== null && next.setId !== base?.setId) {
    pins.pin(next.setId, { kind: 'cbt-base', pointId: next.pointId });
  }
}
