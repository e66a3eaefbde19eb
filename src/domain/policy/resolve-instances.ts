import type { InstanceId, PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { choosePolicy } from './choose-policy.ts';
import { namedInstances, type SelectableInstance, selects } from './instance-selection.ts';

/** The instances of one run of a policy, each list in the order of their ids. */
export interface ResolvedInstances {
  readonly instances: readonly InstanceId[];
  readonly skipped: readonly SkippedInstance[];
}

export interface SkippedInstance {
  readonly instanceId: InstanceId;
  readonly reason: SkipReason;
}

/** Why an instance that a policy selects is not backed up by its run. */
export type SkipReason =
  /** A policy of higher priority selects it too. */
  | { readonly kind: 'other-policy'; readonly policyId: PolicyId }
  /** It is named, and the cloud does not have it. */
  | { readonly kind: 'not-found' };

/** @param policies all there are */
export function resolveInstances(
  policy: BackupPolicy,
  policies: readonly BackupPolicy[],
  known: readonly SelectableInstance[],
): ResolvedInstances {
  const instances: InstanceId[] = [];
  const skipped: SkippedInstance[] = [];
  const others = policies.filter(({ policyId }) => policyId !== policy.policyId);
  for (const instance of known) {
    if (!selects(policy.selection, instance)) continue;
    const { instanceId } = instance;
    const { policyId } = choosePolicy([policy, ...others], instance) ?? policy;
    if (policyId === policy.policyId) instances.push(instanceId);
    else {
      skipped.push({ instanceId, reason: { kind: 'other-policy', policyId } });
    }
  }
  const there = new Set(known.map(({ instanceId }) => instanceId));
  for (const instanceId of new Set(namedInstances(policy.selection))) {
    if (!there.has(instanceId)) skipped.push({ instanceId, reason: { kind: 'not-found' } });
  }
  return {
    instances: instances.toSorted(),
    skipped: skipped.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1)),
  };
}
