import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { type AccountRole, accountIdOf } from '../domain/policy/account-role.ts';
import type { Cloud, CloudAccount } from '../ports/cloud/cloud.ts';

/**
 * An account of a cloud; null is that of the instances.
 *
 * @throws INVALID_ARGUMENT where a cloud has no others
 */
export function accountIn(
  cloud: Pick<Cloud, 'inAccount' | keyof CloudAccount>,
  role: AccountRole | null,
): CloudAccount {
  if (role === null) return cloud;
  if (cloud.inAccount !== null) return cloud.inAccount(role);
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `this cloud has no accounts, and nothing can be copied to account ${accountIdOf(role)}`,
    { remedy: 'Other accounts are for vaults on EC2; leave the account out of the policy.' },
  );
}
