import type { EventStore } from '../../../../src/ports/event-store.ts';
import type { SimulatedProcess } from '../simulated-process.ts';

/** The ledger as one process reaches it. A whole read is one call. */
export function processEventStore(process: SimulatedProcess, inner: EventStore): EventStore {
  return {
    append: (stream, expectedRevision, events) => {
      const what = `append ${events.map(({ type }) => type).join('+')} to ${stream}`;
      return process.call({ port: 'ledger', what }, () =>
        inner.append(stream, expectedRevision, events),
      );
    },
    async *readStream(stream, options) {
      yield* await process.call({ port: 'ledger', what: `read ${stream}` }, () =>
        Array.fromAsync(inner.readStream(stream, options)),
      );
    },
    async *readAll(options) {
      yield* await process.call({ port: 'ledger', what: 'read all' }, () =>
        Array.fromAsync(inner.readAll(options)),
      );
    },
    subscribe: (options) => inner.subscribe(options),
    close: () => Promise.resolve(),
  };
}
