import type { EventStore, RecordedEvent } from '../../../src/ports/event-store.ts';

/** What somebody with access to the store's files makes of a stream. */
export type Tampering = (events: readonly RecordedEvent[]) => readonly RecordedEvent[];

/** A store whose reads show the stream as `tamper` left it. */
export function tamperedEventStore(honest: EventStore, tamper: Tampering): EventStore {
  return {
    append: (stream, expectedRevision, events) => honest.append(stream, expectedRevision, events),
    async *readStream(stream, options = {}) {
      const tampered = tamper(await Array.fromAsync(honest.readStream(stream)));
      yield* tampered.filter(({ revision }) => revision >= (options.from ?? 0));
    },
    readAll: (options) => honest.readAll(options),
    subscribe: (options) => honest.subscribe(options),
    close: () => honest.close(),
  };
}
