import type { EventStore } from '../../../src/ports/event-store.ts';

/** What the parts of the suite work on: the store of the test that is running. */
export interface EventStoreContext {
  readonly store: EventStore;
  readonly eventIds: 'unique' | 'unchecked';
  /** The same store as another process has it. */
  openAnother(): Promise<EventStore>;
}
