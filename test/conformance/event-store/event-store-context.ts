import type { EventStore } from '../../../src/ports/event-store.ts';

/** What the parts of the suite work on: the store of the test that is running. */
export interface EventStoreContext {
  readonly store: EventStore;
  readonly eventIds: 'unique' | 'unchecked';
  /** The same store as another process has it; undefined where the adapter cannot show one. */
  openAnother(): Promise<EventStore | undefined>;
  /** The same store as another process has it, or else as this one does. */
  otherHandle(): Promise<EventStore>;
}
