import type { BackupPolicy } from './backup-policy.ts';

/** The policy as it is from now on. Stream `policy-<id>`. */
export interface PolicySet {
  readonly type: 'PolicySet';
  readonly data: { readonly policy: BackupPolicy };
}

export type PolicyEvent = PolicySet;
