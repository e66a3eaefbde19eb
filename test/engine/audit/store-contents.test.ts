import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { type StoreContents, storeContents } from '../../../src/engine/audit/store-contents.ts';
import { recordHash } from '../../../src/engine/ledger/record-hash.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import { runSimulation } from '../../simulation/run-simulation.ts';
import { appendLogged } from '../catalogue/catalogue-rig.ts';

async function appendFromTheFuture(eventStore: EventStore, stream: StreamName): Promise<void> {
  const newest = { direction: 'backwards', limit: 1 } as const;
  const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
  assert.ok(last !== undefined);
  const previousHash = recordHash(stream, last.revision, last);
  const metadata = { ...last.metadata, previousHash };
  const id = crypto.randomUUID();
  const data = Uint8Array.of(0x80);
  await eventStore.append(stream, last.revision, [{ id, type: 'FromTheFuture', data, metadata }]);
}

describe('the sessions that have ended', () => {
  it('stay so when a newer version writes to them; of one that had not it is not known', async () => {
    const { events } = await runSimulation('7');
    const eventStore = createMemoryEventStore();
    const [ended] = (await endedIn(events)).ended;
    assert.ok(ended !== undefined);
    const open = events.find(
      ({ stream }) => stream.startsWith('session-') && stream !== ended.stream,
    );
    assert.ok(open !== undefined);
    // Of the second one only its beginning.
    const kept = events.filter(({ stream, revision }) => stream !== open.stream || revision === 0);
    await appendLogged(eventStore, kept);
    for (const stream of [ended.stream, open.stream]) await appendFromTheFuture(eventStore, stream);

    const told = await storeContents(eventStore, new Map());
    assert.ok(told.ended.some(({ stream }) => stream === ended.stream));
    assert.ok(!told.ended.some(({ stream }) => stream === open.stream));
    assert.deepEqual(
      told.unreadable.map(({ stream, sessionId, error }) => [stream, sessionId, error.code]),
      [ended.stream, open.stream].map((stream) => [
        stream,
        stream.slice('session-'.length),
        'UNKNOWN_EVENT',
      ]),
    );
  });
});

async function endedIn(
  events: Parameters<typeof appendLogged>[1],
): Promise<StoreContents> {
  const eventStore = createMemoryEventStore();
  await appendLogged(eventStore, events);
  return storeContents(eventStore, new Map());
}
