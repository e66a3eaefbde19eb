import { resolve } from 'node:path';
import { parseS3Location } from '../adapters/aws/s3/s3-location.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { S3RepositoryChoice } from './vault-options.ts';
import { vaultLayout } from './vault-layout.ts';

/**
 * Where a repository is: in the folder of the vault unless something else was chosen.
 *
 * @throws INVALID_ARGUMENT for a location in S3 that cannot be
 */
export function repositoryLocation(
  vaultFolder: string,
  choice: string | S3RepositoryChoice | undefined,
): ObjectStoreLocation {
  if (choice === undefined)
    return { kind: 'filesystem', root: vaultLayout(vaultFolder).repository };
  if (typeof choice === 'string') return { kind: 'filesystem', root: resolve(choice) };
  const { endpoint = null } = choice;
  return parseS3Location({ ...choice, endpoint });
}

/** What the marker of a vault says of it: null when it is in its usual place. */
export function repositoryElsewhere(
  vaultFolder: string,
  location: ObjectStoreLocation,
): ObjectStoreLocation | null {
  if (location.kind === 's3') return location;
  return location.root === vaultLayout(vaultFolder).repository ? null : location;
}

/** How messages name it. */
export function describeRepository(location: ObjectStoreLocation): string {
  if (location.kind === 'filesystem') return location.root;
  return `s3://${location.bucket}/${location.prefix}`;
}
