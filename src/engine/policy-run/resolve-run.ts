import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { policyLimits } from '../../domain/policy/policy-limits.ts';
import { type ResolvedInstances, resolveInstances } from '../../domain/policy/resolve-instances.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { PolicyBook } from '../policy/policy-book.ts';

/** Finds the instances of a run of this policy. */
export type InstanceResolver = (policy: BackupPolicy) => Promise<ResolvedInstances>;

/** Asks the cloud for its instances and the ledger for the other policies. */
export function instanceResolver(
  { instances: cloudInstances }: Pick<Cloud, 'instances'>,
  policies: PolicyBook,
): InstanceResolver {
  return async (policy) => {
    const [known, all] = await Promise.all([cloudInstances.list(), policies.list()]);
    const resolved = resolveInstances(policy, all, known);
    const { instances, skipped } = resolved;
    if (instances.length + skipped.length > policyLimits.instancesPerRunMax) {
      throw new SnapledgerError(
        'LIMIT_EXCEEDED',
        `policy '${policy.policyId}' selects ${instances.length + skipped.length} instances, more than ${policyLimits.instancesPerRunMax}`,
        { remedy: 'Divide them among several policies.' },
      );
    }
    return resolved;
  };
}
