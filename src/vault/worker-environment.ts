import type { ObjectStoreLocation } from '../ports/object-store-location.ts';

/**
 * What the workers of a vault need of this process's environment to find the credentials for the
 * repository by the default chain of AWS: its own variables, the home folder with its files, and
 * whom to trust. In a folder they need nothing.
 */
export function workerEnvironment(
  location: ObjectStoreLocation,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  if (location.kind === 'filesystem') return {};
  const needed = Object.entries(env).filter(
    (entry): entry is [string, string] => isNeeded(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(needed);
}

function isNeeded(name: string): boolean {
  return name.startsWith('AWS_') || name === 'HOME' || name === 'NODE_EXTRA_CA_CERTS';
}
