import type { BackupPolicy, ReplicaPolicy } from '../../domain/policy/backup-policy.ts';
import type { ReplicaTarget } from '../../domain/policy/replica-target.ts';

/** A target before accounts could be named. */
export type TargetV1 = Omit<ReplicaTarget, 'account'>;

export type ReplicaPolicyV1 = Omit<ReplicaPolicy, 'target'> & { readonly target: TargetV1 };

/** A policy as it was before copies could go to other accounts. */
export type PolicyV3 = Omit<BackupPolicy, 'replicas'> & {
  readonly replicas: readonly ReplicaPolicyV1[];
};

/** All copies were in the account of the instances. */
export function policyFromV3(policy: PolicyV3): BackupPolicy {
  return {
    ...policy,
    replicas: policy.replicas.map((replica) => ({
      ...replica,
      target: targetFromV1(replica.target),
    })),
  };
}

export function targetFromV1(target: TargetV1): ReplicaTarget {
  return { ...target, account: null };
}
