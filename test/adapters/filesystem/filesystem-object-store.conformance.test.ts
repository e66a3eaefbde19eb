import { join } from 'node:path';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { objectStoreConformance, type ObjectStoreHarness } from '../../conformance/object-store.ts';
import { createSlowObjectStore } from '../../support/object-store/slow-object-store.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

objectStoreConformance('filesystem', () => inFreshFolder((store) => store));

objectStoreConformance('filesystem behind a slow connection', () =>
  inFreshFolder((store) => {
    let calls = 0;
    // uneven, so that calls overtake each other
    return createSlowObjectStore(store, { clock: systemClock, delayMs: () => (calls++ * 7) % 3 });
  }),
);

async function inFreshFolder(
  decorate: (store: ObjectStore) => ObjectStore,
): Promise<ObjectStoreHarness> {
  const folder = await makeTemporaryFolder();
  const root = join(folder.path, 'repository');
  return {
    open: async () => decorate(await openFilesystemObjectStore({ root })),
    dispose: async () => {
      await folder[Symbol.asyncDispose]();
    },
  };
}
