import type { PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';

/** What a policy is before anybody changes it: a week of daily sets, image-level on, CBT on. */
export function defaultPolicy(policyId: PolicyId): BackupPolicy {
  return {
    policyId,
    snapshots: { retention: { kind: 'count', keep: 7 }, baseMoves: 'before-retention' },
    image: {
      level: 'on',
      changedBlockTracking: 'on',
      compression: 'balanced',
      transport: 'worker',
    },
  };
}
