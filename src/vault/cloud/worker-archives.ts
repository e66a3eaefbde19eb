import { createHash } from 'node:crypto';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';

/** What workers fetch at their start lies in the repository's store, named after its content. */
export function workerArchiveKey(sha256: string): ObjectKey {
  return `workers/${sha256}.tar.gz` as ObjectKey;
}

/**
 * Sees to it that an archive is in the store, whoever put it there.
 *
 * @returns its SHA-256 in hex
 * @throws LIMIT_EXCEEDED when it is larger than an object may be; what the store throws
 */
export async function keepWorkerArchive(
  objectStore: Pick<ObjectStore, 'head' | 'create'>,
  archive: Uint8Array,
): Promise<string> {
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const key = workerArchiveKey(sha256);
  if ((await objectStore.head(key)) !== null) return sha256;
  try {
    await objectStore.create(key, archive);
  } catch (error) {
    // Another engine was faster, with the same bytes: a worker looks at them before it runs them.
    if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
  }
  return sha256;
}
