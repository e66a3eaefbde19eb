import type { OpenedObjectStore } from './vault-object-store.ts';
import type { Workers } from '../ports/cloud/workers.ts';

/**
 * The same workers; when one is ended, what it was just writing to the object store is removed: a
 * worker is killed, and so cannot do that itself.
 */
export function sweepAfterWorkers(
  workers: Workers,
  objectStore: Pick<OpenedObjectStore, 'sweep'>,
): Workers {
  return {
    launch: (request) => workers.launch(request),
    describe: (workerId) => workers.describe(workerId),
    find: (owner) => workers.find(owner),
    async terminate(workerId) {
      await workers.terminate(workerId);
      await objectStore.sweep();
    },
  };
}
