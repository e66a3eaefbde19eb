import type { RepositoryPlace } from '../adapters/aws/permissions/iam-policy.ts';
import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { Repository } from '../format/repository.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { CloudSetting } from './cloud/ec2-setting.ts';
import type { AwsPolicyRequest } from './vault.ts';

/**
 * The text of the IAM policy that an engine or a worker of this vault needs.
 *
 * @throws as `Vault.awsPolicy`
 */
export async function awsPolicyText(
  openRepository: () => Promise<Pick<Repository, 'deriveTagSecret'>>,
  { location, cloud }: { readonly location: ObjectStoreLocation; readonly cloud: CloudSetting },
  { caller, workerRoleArn, accountRoleArns = [], keyArns = [] }: AwsPolicyRequest,
): Promise<string> {
  const hasWorkers = cloud.kind === 'ec2' && cloud.worker !== null;
  if (caller === 'engine' && hasWorkers && workerRoleArn === null) throw roleMissing();
  const repository = await openRepository();
  // Loaded here for the same reason as the clients: most commands do without.
  const { policyText } = await import('../adapters/aws/permissions/policy-files.ts');
  const { deriveTagKeys } = await import('../adapters/aws/tags/tag-keys.ts');
  const { sealTagName } = await import('../adapters/aws/tags/tag-name.ts');
  const keys = deriveTagKeys(await repository.deriveTagSecret());
  return policyText(caller, {
    mark: sealTagName(keys, { kind: 'mark' }),
    repository: placeOf(location),
    workerRoleArn,
    accountRoleArns,
    keyArns,
  });
}

function placeOf(location: ObjectStoreLocation): RepositoryPlace | null {
  if (location.kind === 'filesystem') return null;
  const { bucket, prefix, lockDays, ledgerLockDays = lockDays } = location;
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    ledgerLockDays: ledgerLockDays ?? null,
    lockDays: lockDays ?? null,
  };
}

/** Without it the policy would lack `iam:PassRole`, and no worker could be launched. */
function roleMissing(): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    'this vault has workers, and nothing says which role the engine hands to them',
    {
      remedy:
        "Give the ARN of the role in the workers' instance profile: '--worker-role arn:aws:iam::111122223333:role/…'.",
    },
  );
}
