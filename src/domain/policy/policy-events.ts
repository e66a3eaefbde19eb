import type { PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';

/** The policy as it is from now on. Each is a version of it, counted from 1. */
export interface PolicySet {
  readonly type: 'PolicySet';
  readonly data: { readonly policy: BackupPolicy };
}

/** The policy is in force no more; what was made by it stays, and nothing new is made. */
export interface PolicyRemoved {
  readonly type: 'PolicyRemoved';
  readonly data: { readonly policyId: PolicyId };
}

/** Stream `policy-<id>`. */
export type PolicyEvent = PolicySet | PolicyRemoved;
