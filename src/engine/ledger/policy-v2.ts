import type { ImagePolicy, SnapshotPolicy } from '../../domain/policy/backup-policy.ts';
import { usualWorkers } from '../../domain/policy/worker-policy.ts';
import type { PolicyV3 } from './policy-v3.ts';

/** A policy as it was before anything was said of the tags of volumes and of workers. */
export type PolicyV2 = Omit<PolicyV3, 'snapshots' | 'image'> & {
  readonly snapshots: Omit<SnapshotPolicy, 'volumeTags'>;
  readonly image: Omit<ImagePolicy, 'workers'>;
};

/** Tags of volumes were left, and all workers were those that the vault names. */
export function policyFromV2(policy: PolicyV2): PolicyV3 {
  const { snapshots, image } = policy;
  return {
    ...policy,
    snapshots: { ...snapshots, volumeTags: 'leave' },
    image: { ...image, workers: usualWorkers },
  };
}
