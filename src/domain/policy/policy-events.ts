import type { InstanceId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';

/** The policy as it is from now on, and the instances that it is for. Stream `policy-<id>`. */
export interface PolicySet {
  readonly type: 'PolicySet';
  readonly data: { readonly policy: BackupPolicy; readonly instances: readonly InstanceId[] };
}

export type PolicyEvent = PolicySet;
