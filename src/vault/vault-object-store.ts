import { openFilesystemObjectStore } from '../adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ObjectStoreLocation } from '../ports/object-store-location.ts';

/** The object store of a vault's repository, open. */
export interface OpenedObjectStore {
  readonly objectStore: ObjectStore;
  /** Finds out whether a new repository may rely on it. @throws STORE_UNSUITABLE, and what the store throws */
  readonly probe: () => Promise<void>;
  /** Removes what processes that were killed have left half written. */
  readonly sweep: () => Promise<void>;
  readonly close: () => void;
}

/**
 * Opens the object store at a location. In S3 nothing is asked yet, and credentials come from the
 * default chain of AWS.
 *
 * @throws INVALID_ARGUMENT, STORE_UNAVAILABLE
 */
export async function openVaultObjectStore(
  location: ObjectStoreLocation,
): Promise<OpenedObjectStore> {
  switch (location.kind) {
    case 'filesystem': {
      const store = await openFilesystemObjectStore({ root: location.root });
      return {
        objectStore: store,
        probe: () => Promise.resolve(),
        sweep: () => store.sweep(),
        close: () => undefined,
      };
    }
    case 's3': {
      // Its client takes a while to load, which nobody has to wait for who does without.
      const { openS3ObjectStore } = await import('../adapters/aws/s3/s3-object-store.ts');
      const store = openS3ObjectStore({ location, clock: systemClock, random: systemRandom });
      return {
        objectStore: store,
        probe: async () => {
          const { probeObjectStore } = await import('../adapters/aws/s3/probe-object-store.ts');
          await probeObjectStore(store, location, systemRandom);
        },
        // an object in S3 is whole or not there
        sweep: () => Promise.resolve(),
        close: () => {
          store.close();
        },
      };
    }
  }
}
