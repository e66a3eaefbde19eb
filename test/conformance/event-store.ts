import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { EventStore } from '../../src/ports/event-store.ts';
import { appendingConformance } from './event-store/appending.ts';
import type { EventStoreContext } from './event-store/event-store-context.ts';
import { handingOutConformance } from './event-store/handing-out.ts';
import { readingConformance } from './event-store/reading.ts';
import { refusingConformance } from './event-store/refusing.ts';
import { subscribingConformance } from './event-store/subscribing.ts';

/** An event store under test. It may hold events of earlier tests, but no stream of this one. */
export interface EventStoreUnderTest {
  readonly store: EventStore;
  /** Opens the same store once more, as another process would. */
  readonly openAnother: () => Promise<EventStore>;
  /** Removes what the test left behind; the stores are closed by then. */
  readonly dispose: () => Promise<void>;
}

export interface EventStoreConformanceOptions {
  /** `unique`: an id that another event of the store has is refused. */
  readonly eventIds: 'unique' | 'unchecked';
  /** Whether the store hands events out to the processes that share it. */
  readonly handsOut: 'events' | 'nothing';
}

/** What every adapter of the event store port has to do. */
export function eventStoreConformance(
  name: string,
  factory: () => Promise<EventStoreUnderTest>,
  options: EventStoreConformanceOptions,
): void {
  describe(`${name}: the event store contract`, { timeout: 60_000 }, () => {
    let underTest: EventStoreUnderTest;
    let others: EventStore[];

    beforeEach(async () => {
      underTest = await factory();
      others = [];
    });

    afterEach(async () => {
      for (const store of [underTest.store, ...others]) await store.close();
      await underTest.dispose();
    });

    const context: EventStoreContext = {
      get store() {
        return underTest.store;
      },
      eventIds: options.eventIds,
      async openAnother() {
        const other = await underTest.openAnother();
        others.push(other);
        return other;
      },
    };

    appendingConformance(context);
    refusingConformance(context);
    readingConformance(context);
    subscribingConformance(context);
    if (options.handsOut === 'events') handingOutConformance(context);
    else {
      it('hands nothing out, and says so', () => {
        assert.ok(!('handOut' in context.store));
      });
    }
  });
}
