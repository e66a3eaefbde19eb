import type { SessionId, SnapshotSetId } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import { cbtBase } from './cbt-base.ts';
import { countRule } from './count-rule.ts';
import { type RetentionDecision, decideRetention } from './decide-retention.ts';
import type { InstanceHistory } from './instance-history.ts';
import type { KeepReason } from './retention-reasons.ts';

/**
 * Applies a policy's snapshot retention to an instance's history.
 *
 * count: keep = newest N of the chain UNION {CBT base}; the base does not push another out.
 *
 * @param during the session within which retention runs, or null when asked outside of any: its
 *   own set is then not in use by it, and `baseMoves` says whether it is the base already
 */
export function snapshotRetention(
  history: InstanceHistory,
  policy: BackupPolicy,
  during: SessionId | null,
): RetentionDecision {
  return decideRetention({
    chain: history.chain,
    rules: [countRule(policy.snapshots.retention.count ?? 0)],
    pins: pinsOf(history, policy, during),
  });
}

function pinsOf(
  history: InstanceHistory,
  policy: BackupPolicy,
  during: SessionId | null,
): ReadonlyMap<SnapshotSetId, readonly KeepReason[]> {
  const pins = new Map<SnapshotSetId, KeepReason[]>();
  const pin = (setId: SnapshotSetId, reason: KeepReason): void => {
    pins.set(setId, [...(pins.get(setId) ?? []), reason]);
  };

  if (policy.image.level === 'on' && policy.image.changedBlockTracking === 'on') {
    const without =
      during !== null && policy.snapshots.baseMoves === 'after-retention'
        ? { without: during }
        : {};
    const base = cbtBase(history, without);
    if (base !== null) pin(base.setId, { kind: 'cbt-base', pointId: base.pointId });
    // The source of this very session is the base of the next one, whichever of the two orders.
    const next = cbtBase(history);
    if (next !== null && next.setId !== base?.setId) {
      pin(next.setId, { kind: 'cbt-base', pointId: next.pointId });
    }
  }
  for (const [setId, sessionId] of history.inUse) {
    if (sessionId !== during) pin(setId, { kind: 'in-use', sessionId });
  }
  return pins;
}
