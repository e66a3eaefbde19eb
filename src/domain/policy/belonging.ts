import type { SnapledgerError } from '../errors/snapledger-error.ts';
import type { PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { choosePolicy } from './choose-policy.ts';
import type { SelectableInstance } from './instance-selection.ts';

/** What is recorded of it cannot be read: whether it is in force, and what it says, is not known. */
export interface UnreadablePolicy {
  readonly policyId: PolicyId;
  /** Its last version that can be read; null when there is none, or it had been removed. */
  readonly lastKnown: BackupPolicy | null;
  readonly error: SnapledgerError;
}

/** The policies that there are. */
export interface PoliciesInForce {
  readonly policies: readonly BackupPolicy[];
  readonly unreadable: readonly UnreadablePolicy[];
}

/** Which policy an instance belongs to. */
export type Belonging =
  | { readonly kind: 'known'; readonly policy: BackupPolicy | null }
  /** It may be one that cannot be read: what the instance has must stay until somebody knows. */
  | { readonly kind: 'unknown'; readonly unreadable: UnreadablePolicy };

/**
 * An instance may belong to a policy that cannot be read when the last version of that one is preferred to
 * all others that select it; when its last session went by that one; and when no other selects it.
 *
 * @param lastPolicyId the policy of the last session of the instance; null: none
 */
export function belongingOf(
  { policies, unreadable }: PoliciesInForce,
  instance: SelectableInstance,
  lastPolicyId: PolicyId | null,
): Belonging {
  const policy = choosePolicy(policies, instance);
  const lastKnown = unreadable.flatMap((one) => one.lastKnown ?? []);
  const preferred = choosePolicy([...policies, ...lastKnown], instance);
  const byId = (policyId: PolicyId | null): UnreadablePolicy | undefined =>
    unreadable.find((one) => one.policyId === policyId);
  const possible =
    byId(preferred?.policyId ?? null) ??
    byId(lastPolicyId) ??
    (policy === null ? unreadable[0] : undefined);
  return possible === undefined
    ? { kind: 'known', policy }
    : { kind: 'unknown', unreadable: possible };
}
