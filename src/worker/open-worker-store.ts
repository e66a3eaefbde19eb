import { openFilesystemObjectStore } from '../adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/**
 * Opens the object store that a worker was told of; in S3 by whatever credentials the machine has,
 * because user data hold none.
 *
 * @throws INVALID_ARGUMENT, STORE_UNAVAILABLE
 */
export async function openWorkerStore(location: ObjectStoreLocation): Promise<ObjectStore> {
  switch (location.kind) {
    case 'filesystem':
      return await openFilesystemObjectStore({ root: location.root });
    case 's3': {
      // Its client takes a while to load, which nobody has to wait for who does without.
      const { openS3ObjectStore } = await import('../adapters/aws/s3/s3-object-store.ts');
      return openS3ObjectStore({ location, clock: systemClock, random: systemRandom });
    }
  }
}
