import type { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { EventStore } from '../../../ports/event-store.ts';

/**
 * A ledger that nothing protects any more: whoever examines it can read all of it, and is told at the end what is
 * wrong. Nothing is appended to it, because what it says may be forged.
 */
export function unguardedStore(
  inner: Pick<EventStore, 'readStream' | 'readAll' | 'close'>,
  unguarded: SnapledgerError,
): EventStore {
  return {
    append: () => Promise.reject(unguarded),
    readStream: (stream, options) => inner.readStream(stream, options),
    readAll: async function* (options) {
      yield* inner.readAll(options);
      throw unguarded;
    },

    subscribe: async function* () {
      throw await Promise.resolve(unguarded);
    },
    close: () => inner.close(),
  };
}
