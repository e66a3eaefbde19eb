import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { sampleIds } from './sample-ids.ts';

export interface SamplePolicyOptions {
  readonly policyId?: string;
  readonly keep?: number;
  readonly baseMoves?: BackupPolicy['snapshots']['baseMoves'];
  readonly image?: 'on' | 'off';
  readonly changedBlockTracking?: 'on' | 'off';
}

/** A policy in which a test names only what it is about: keep 2, image-level on, CBT on. */
export function samplePolicy(options: SamplePolicyOptions = {}): BackupPolicy {
  const {
    policyId = 'nightly',
    keep = 2,
    baseMoves = 'before-retention',
    image = 'on',
    changedBlockTracking = 'on',
  } = options;
  return {
    policyId: sampleIds.policy(policyId),
    snapshots: { retention: { kind: 'count', keep }, baseMoves },
    image: { level: image, changedBlockTracking, compression: 'balanced', transport: 'worker' },
  };
}
