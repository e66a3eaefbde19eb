import type { BackupPolicy, ReplicaPolicy } from '../policy/backup-policy.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';

/**
 * Whose rules hold for the replicas in a target: those for exactly this target, or else the first
 * for its region, so that replicas under a key that was replaced leave by the rules of their
 * successors. Null: the policy does not copy to there any more.
 */
export function replicaPolicyOf(
  policy: BackupPolicy | null,
  { region, keyId }: ReplicaTarget,
): ReplicaPolicy | null {
  const inRegion = policy?.replicas.filter(({ target }) => target.region === region) ?? [];
  return inRegion.find(({ target }) => target.keyId === keyId) ?? inRegion[0] ?? null;
}
