import type { EventStore, NewEvent, StreamName } from '../../../src/ports/event-store.ts';

export interface AppendCall {
  /** Counts the appends through this store from 1. */
  readonly number: number;
  readonly stream: StreamName;
  readonly events: readonly NewEvent[];
}

export interface EventStoreHooks {
  /** Before the append has any effect; when it throws, the append has none. */
  readonly beforeAppend?: (call: AppendCall) => Promise<void> | void;
  /** After the append is durable; when it throws, the answer is lost. */
  readonly afterAppend?: (call: AppendCall) => Promise<void> | void;
}

/** Forwards to `inner`, with something to do around every append. */
export function createHookedEventStore(inner: EventStore, hooks: EventStoreHooks): EventStore {
  let appends = 0;
  return {
    async append(stream, expectedRevision, events) {
      appends += 1;
      const call: AppendCall = { number: appends, stream, events };
      await hooks.beforeAppend?.(call);
      const result = await inner.append(stream, expectedRevision, events);
      await hooks.afterAppend?.(call);
      return result;
    },
    readStream: (stream, options) => inner.readStream(stream, options),
    readAll: (options) => inner.readAll(options),
    subscribe: (options) => inner.subscribe(options),
    close: () => inner.close(),
  };
}
