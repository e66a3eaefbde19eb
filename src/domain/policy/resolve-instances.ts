import type { Problem } from '../backup-session/backup-events.ts';
import type { InstanceId, PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { choosePolicy, comparePriority } from './choose-policy.ts';
import {
  namedInstances,
  type SelectableInstance,
  selects,
  selectsById,
} from './instance-selection.ts';

/** The instances that a cloud has, and those of which it can only say that they are there. */
export interface KnownInstances {
  readonly instances: readonly SelectableInstance[];
  readonly unreadable: readonly { readonly instanceId: InstanceId; readonly problem: Problem }[];
}

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
  | { readonly kind: 'not-found' }
  /** What the cloud has of it cannot be read; whether the policy selects it may depend on that. */
  | { readonly kind: 'unreadable'; readonly problem: Problem };

/** @param policies all there are */
export function resolveInstances(
  policy: BackupPolicy,
  policies: readonly BackupPolicy[],
  known: KnownInstances,
): ResolvedInstances {
  const instances: InstanceId[] = [];
  const skipped: SkippedInstance[] = [];
  const others = policies.filter(({ policyId }) => policyId !== policy.policyId);
  for (const instance of known.instances) {
    if (!selects(policy.selection, instance)) continue;
    const { instanceId } = instance;
    const { policyId } = choosePolicy([policy, ...others], instance) ?? policy;
    if (policyId === policy.policyId) instances.push(instanceId);
    else {
      skipped.push({ instanceId, reason: { kind: 'other-policy', policyId } });
    }
  }
  for (const { instanceId, problem } of known.unreadable) {
    if (selectsById(policy.selection, instanceId) === 'never') continue;
    const preferred = others
      .filter(({ selection }) => selectsById(selection, instanceId) === 'always')
      .toSorted(comparePriority)
      .find((other) => comparePriority(other, policy) < 0);
    const reason: SkipReason =
      preferred === undefined
        ? { kind: 'unreadable', problem }
        : { kind: 'other-policy', policyId: preferred.policyId };
    skipped.push({ instanceId, reason });
  }
  const there = new Set(
    [...known.instances, ...known.unreadable].map(({ instanceId }) => instanceId),
  );
  const named = namedInstances(policy.selection).map(({ instanceId }) => instanceId);
  for (const instanceId of new Set(named)) {
    if (!there.has(instanceId)) skipped.push({ instanceId, reason: { kind: 'not-found' } });
  }
  return {
    instances: instances.toSorted(),
    skipped: skipped.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1)),
  };
}
