import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import {
  belongingOf,
  type PoliciesInForce,
  type UnreadablePolicy,
} from '../../domain/policy/belonging.ts';
import type { InstanceId, PolicyId } from '../../domain/identifiers.ts';
import type { SelectableInstance } from '../../domain/policy/instance-selection.ts';
import { policyLimits } from '../../domain/policy/policy-limits.ts';
import { isUnreadable, recordSkips } from '../../domain/policy/recorded-skips.ts';
import {
  type ResolvedInstances,
  resolveInstances,
  type SkippedInstance,
} from '../../domain/policy/resolve-instances.ts';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import { lastPolicyOf } from '../instance/last-policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import type { PolicyBook } from '../policy/policy-book.ts';

/** Finds the instances of a run of this policy. */
export type InstanceResolver = (policy: BackupPolicy) => Promise<ResolvedInstances>;

/**
 * Leaves those instances to a policy that cannot be read which may belong to it: a session by another
 * policy would remove what that one keeps.
 */
async function withoutUnknown(
  ledger: Ledger,
  policy: BackupPolicy,
  { policies, unreadable }: PoliciesInForce,
  { instances, skipped }: ResolvedInstances,
  known: readonly SelectableInstance[],
): Promise<ResolvedInstances> {
  // A run goes by its policy as it was when it began, whatever that has become.
  const isOther = ({ policyId }: Pick<BackupPolicy, 'policyId'>): boolean =>
    policyId !== policy.policyId;
  const others = unreadable.filter(isOther);
  if (others.length === 0) return { instances, skipped };
  const inForce = { policies: [policy, ...policies.filter(isOther)], unreadable: others };
  const left: SkippedInstance[] = [];
  for (const instance of known.filter(({ instanceId }) => instances.includes(instanceId))) {
    const { instanceId } = instance;
    const last = await lastPolicyOrAnyOf(others, ledger, instanceId);
    const belonging = belongingOf(inForce, instance, last);
    if (belonging.kind === 'known') continue;
    const { policyId } = belonging.unreadable;
    left.push({ instanceId, reason: { kind: 'other-policy', policyId } });
  }
  const isLeft = new Set(left.map(({ instanceId }) => instanceId));
  return {
    instances: instances.filter((instanceId) => !isLeft.has(instanceId)),
    skipped: [...skipped, ...left].toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1)),
  };
}

/** The policy that its last session went by; where that session cannot be read it may have been any of these. */
async function lastPolicyOrAnyOf(
  [first]: readonly UnreadablePolicy[],
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<PolicyId | null> {
  try {
    return await lastPolicyOf(ledger, instanceId);
  } catch (error) {
    if (first === undefined || !hasErrorCode(error, ...unreadableCodes)) throw error;
    return first.policyId;
  }
}

/** Asks the cloud for its instances and the ledger for the other policies. */
export function instanceResolver(
  { instances: cloudInstances }: Pick<Cloud, 'instances'>,
  policies: PolicyBook,
  ledger: Ledger,
): InstanceResolver {
  return async (policy) => {
    const [known, inForce] = await Promise.all([cloudInstances.readable(), policies.inForce()]);
    const selected = resolveInstances(policy, inForce.policies, {
      instances: known.instances,
      unreadable: known.unreadable.map(({ instanceId, error: { code, message } }) => ({
        instanceId,
        problem: { code, message },
      })),
    });
    const resolved = await withoutUnknown(ledger, policy, inForce, selected, known.instances);
    const { instances, skipped } = resolved;
    const selectedCount = instances.length + skipped.filter((one) => !isUnreadable(one)).length;
    if (selectedCount > policyLimits.instancesPerRunMax) {
      throw new SnapledgerError(
        'LIMIT_EXCEEDED',
        `policy '${policy.policyId}' selects ${selectedCount} instances, more than ${policyLimits.instancesPerRunMax}`,
        { remedy: 'Divide them among several policies.' },
      );
    }
    return { instances, skipped: recordSkips(skipped) };
  };
}
