import { createHash } from 'node:crypto';
import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ObjectKey, ObjectStore } from '../../ports/object-store.ts';

/** What workers fetch at their start lies in the repository's store, named after its content. */
export function workerArchiveKey(sha256: string): ObjectKey {
  return `workers/${sha256}.tar.gz` as ObjectKey;
}

/**
 * Sees to it that an archive is in the store, whoever put it there. What lies there is read: a worker
 * that finds something else just ends, and nobody would know why.
 *
 * @returns its SHA-256 in hex
 * @throws LIMIT_EXCEEDED when it is larger than an object may be; OBJECT_CORRUPT when something else
 *   lies in its place; what the store throws
 */
export async function keepWorkerArchive(
  objectStore: Pick<ObjectStore, 'head' | 'get' | 'create'>,
  archive: Uint8Array,
): Promise<string> {
  const sha256 = sha256Of(archive);
  const key = workerArchiveKey(sha256);
  if ((await objectStore.head(key)) === null) {
    try {
      await objectStore.create(key, archive);
      return sha256;
    } catch (error) {
      // Another engine was faster.
      if (!hasErrorCode(error, 'OBJECT_EXISTS')) throw error;
    }
  }
  await checkArchive(objectStore, key, { sha256, sizeBytes: archive.byteLength });
  return sha256;
}

async function checkArchive(
  objectStore: Pick<ObjectStore, 'head' | 'get'>,
  key: ObjectKey,
  expected: { readonly sha256: string; readonly sizeBytes: number },
): Promise<void> {
  // By its size first, so that nothing is read that is larger than it should be.
  const sizeBytes = (await objectStore.head(key))?.sizeBytes;
  const isIt =
    sizeBytes === expected.sizeBytes && sha256Of(await objectStore.get(key)) === expected.sha256;
  if (isIt) return;
  throw new SnapledgerError(
    'OBJECT_CORRUPT',
    `'${key}' is not the archive for workers that its name says: no worker would run it`,
    {
      remedy:
        'Remove that object from the bucket, and find out who may write there; then try again.',
      details: { objectKey: key },
    },
  );
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
