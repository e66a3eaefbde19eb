import { openKurrentDbEventStore } from '../../../src/adapters/kurrentdb/kurrentdb-event-store.ts';
import type { KurrentDbEventStoreOptions } from '../../../src/adapters/kurrentdb/kurrentdb-event-store.ts';
import { parseKurrentDbLocation } from '../../../src/adapters/kurrentdb/kurrentdb-location.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import type { EventStore } from '../../../src/ports/event-store.ts';

/** Opens a ledger on a server, in a namespace of the tests. */
export function openLedgerOn(
  url: string,
  options: Partial<Omit<KurrentDbEventStoreOptions, 'location'>> = {},
): Promise<EventStore> {
  return openKurrentDbEventStore({
    location: parseKurrentDbLocation(url),
    namespace: 'test',
    credentials: null,
    clock: systemClock,
    random: systemRandom,
    summarise: (event) => ({ bytes: event.data.byteLength }),
    ...options,
  });
}
