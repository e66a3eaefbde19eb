import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog } from '../../../src/adapters/memory/event-store-log.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import type { GlobalPosition, StreamName } from '../../../src/ports/event-store.ts';
import { eventStoreConformance } from '../../conformance/event-store.ts';
import { all, newEvents, rejects } from '../../conformance/event-store/sample-events.ts';

eventStoreConformance(
  'in memory',
  () => {
    const log = new MemoryEventLog();
    return Promise.resolve({
      store: createMemoryEventStore({ log }),
      openAnother: () => Promise.resolve(createMemoryEventStore({ log })),
      dispose: () => Promise.resolve(),
    });
  },
  { eventIds: 'unique', handsOut: 'nothing' },
);

describe('an event store in memory', () => {
  it('shares nothing with another one, unless they are given one log', async () => {
    const stream = 'session-1' as StreamName;
    await createMemoryEventStore().append(stream, 'no-stream', newEvents(1));
    assert.deepEqual(await all(createMemoryEventStore().readAll()), []);
  });

  it('refuses a position beyond its end, which is of another log', async () => {
    const store = createMemoryEventStore();
    await rejects(all(store.readAll({ after: '1' as GlobalPosition })), 'INVALID_ARGUMENT');
  });
});
