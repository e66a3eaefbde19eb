import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import { validatePolicy } from '../../domain/policy/validate-policy.ts';
import { formatPath } from '../../domain/shape/shape-problem.ts';
import type { EngineContext } from '../engine-dependencies.ts';

/**
 * Refuses a policy that cannot work, or not with the cloud of this engine, and gives one that can as
 * `validatePolicy` does.
 *
 * @throws POLICY_INVALID, with the field and what is allowed there
 */
export function soundPolicy(
  { cloud, occurrences }: Pick<EngineContext, 'cloud' | 'occurrences'>,
  policy: BackupPolicy,
): BackupPolicy {
  const sound = validatePolicy(policy, occurrences);
  const index = sound.replicas.findIndex(({ target }) => target.account !== null);
  if (index < 0 || cloud.inAccount !== null) return sound;
  throw new SnapledgerError(
    'POLICY_INVALID',
    `policy '${policy.policyId}': ${formatPath(['replicas', index, 'target', 'account'])} names an account, and the cloud of this vault has none`,
    { remedy: 'Other accounts are for vaults on EC2; leave the account out.' },
  );
}
