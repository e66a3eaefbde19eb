import { type AccountRole, isSameAccount } from '../policy/account-role.ts';
import type { BackupPolicy, ReplicaPolicy } from '../policy/backup-policy.ts';
import { isSamePlace } from '../policy/cloud-place.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';

/**
 * Whose rules hold for the replicas in a target: those for exactly this target, or else the first
 * for its region and account, so that replicas under a key that was replaced leave by the rules of their
 * successors. Null: the policy does not copy to there any more.
 */
export function replicaPolicyOf(
  policy: BackupPolicy | null,
  target: ReplicaTarget,
): ReplicaPolicy | null {
  const there = policy?.replicas.filter((one) => isSamePlace(one.target, target)) ?? [];
  return there.find((one) => one.target.keyId === target.keyId) ?? there[0] ?? null;
}

/**
 * By which role the account of a target is entered: as the policy has it today, for this very target before
 * others in its account, whose roles may be for other regions; or else as it was recorded with the copies,
 * whose role may have been replaced since.
 */
export function roleFor(policy: BackupPolicy | null, target: ReplicaTarget): AccountRole | null {
  const { account } = target;
  if (account === null) return null;
  const ruling =
    replicaPolicyOf(policy, target) ??
    policy?.replicas.find((one) => isSameAccount(one.target.account, account));
  return ruling?.target.account ?? account;
}
