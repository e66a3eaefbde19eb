import type { Repository } from '../format/repository.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { AwsPolicyRequest } from './vault.ts';

/** The text of the IAM policy that an engine or a worker of this vault needs. */
export async function awsPolicyText(
  repository: Repository,
  location: ObjectStoreLocation,
  { caller, workerRoleArn }: AwsPolicyRequest,
): Promise<string> {
  // Loaded here for the same reason as the clients: most commands do without.
  const { policyText } = await import('../adapters/aws/permissions/policy-files.ts');
  const { deriveTagKeys } = await import('../adapters/aws/tags/tag-keys.ts');
  const { sealTagName } = await import('../adapters/aws/tags/tag-name.ts');
  const keys = deriveTagKeys(await repository.deriveTagSecret());
  return policyText(caller, {
    mark: sealTagName(keys, { kind: 'mark' }),
    repository: placeOf(location),
    workerRoleArn,
  });
}

function placeOf(
  location: ObjectStoreLocation,
): { readonly bucket: string; readonly prefix: string } | null {
  if (location.kind === 'filesystem') return null;
  const { bucket, prefix } = location;
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}
