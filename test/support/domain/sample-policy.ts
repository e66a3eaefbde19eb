import type { BackupPolicy } from '../../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { sampleIds } from './sample-ids.ts';

export interface SamplePolicyOptions {
  readonly policyId?: string;
  readonly instanceIds?: readonly string[];
  readonly keep?: number;
  readonly baseMoves?: BackupPolicy['snapshots']['baseMoves'];
  readonly image?: 'on' | 'off';
  readonly changedBlockTracking?: 'on' | 'off';
}

/** A policy in which a test names only what it is about: keep 2, image-level on, CBT on. */
export function samplePolicy(options: SamplePolicyOptions = {}): BackupPolicy {
  const {
    policyId = 'nightly',
    instanceIds = ['web-1'],
    keep = 2,
    baseMoves = 'before-retention',
    image = 'on',
    changedBlockTracking = 'on',
  } = options;
  const usual = defaultPolicy(sampleIds.policy(policyId), instanceIds.map(sampleIds.instance));
  return {
    ...usual,
    snapshots: {
      schedules: [],
      retention: { count: keep, age: null, gfs: null },
      baseMoves,
      volumeTags: 'leave',
    },
    image: { ...usual.image, level: image, changedBlockTracking },
  };
}
