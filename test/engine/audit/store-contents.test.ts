import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { type StoreContents, storeContents } from '../../../src/engine/audit/store-contents.ts';
import { genesisHash, recordHash } from '../../../src/engine/ledger/record-hash.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import { runSimulation } from '../../simulation/run-simulation.ts';
import { appendLogged } from '../catalogue/catalogue-rig.ts';

function appendFromTheFuture(eventStore: EventStore, stream: StreamName): Promise<void> {
  return appendOneOf(eventStore, stream, 'FromTheFuture');
}

/** Correctly chained, and with data that no type has. */
async function appendOneOf(
  eventStore: EventStore,
  stream: StreamName,
  type: string,
): Promise<void> {
  const newest = { direction: 'backwards', limit: 1 } as const;
  const [last] = await Array.fromAsync(eventStore.readStream(stream, newest));
  assert.ok(last !== undefined);
  const previousHash = recordHash(stream, last.revision, last);
  const metadata = { ...last.metadata, previousHash };
  const id = crypto.randomUUID();
  const data = Uint8Array.of(0x80);
  await eventStore.append(stream, last.revision, [{ id, type, data, metadata }]);
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

describe('what the event store has besides the sealed streams', () => {
  /** A session of a simulation that has ended, and the store that it is in. */
  async function storeWithSessions(): Promise<{
    readonly eventStore: EventStore;
    readonly ended: StreamName;
    readonly sealed: ReadonlyMap<StreamName, number>;
  }> {
    const { events } = await runSimulation('7');
    const eventStore = createMemoryEventStore();
    await appendLogged(eventStore, events);
    const sealed = new Map<StreamName, number>();
    for (const { stream, revision } of events) sealed.set(stream, revision + 1);
    const [first] = (await storeContents(eventStore, sealed)).ended;
    assert.ok(first !== undefined);
    return { eventStore, ended: first.stream, sealed };
  }

  it('is nothing after an honest run, whatever happened in it', async () => {
    for (const seed of ['7', '8', '9']) {
      const { events } = await runSimulation(seed);
      const eventStore = createMemoryEventStore();
      await appendLogged(eventStore, events);
      const { strange, broken, unsealed } = await storeContents(eventStore, new Map());
      assert.deepEqual({ strange, broken }, { strange: [], broken: [] });
      const counted = unsealed.reduce((sum, { records }) => sum + records, 0);
      const own = events.filter(({ stream }) => !/^(engine-|run-offers)/.test(stream));
      assert.equal(counted, own.length, 'what is not sealed is counted');
    }
  });

  it('is counted by stream, from its first event on', async () => {
    const { eventStore, sealed } = await storeWithSessions();
    const stream = [...sealed.keys()].find((name) => name.startsWith('instance-'));
    assert.ok(stream !== undefined);
    await appendFromTheFuture(eventStore, stream);
    await appendFromTheFuture(eventStore, stream);
    const { unsealed, strange } = await storeContents(eventStore, sealed);
    assert.deepEqual(unsealed, [{ stream, from: sealed.get(stream), records: 2 }]);
    assert.deepEqual(strange, []);
  });

  it('is wrong behind the end of a session, of whatever type', async () => {
    for (const type of ['FromTheFuture', 'CancellationRequested', 'SessionStarted']) {
      const { eventStore, ended, sealed } = await storeWithSessions();
      await appendOneOf(eventStore, ended, type);
      const { strange } = await storeContents(eventStore, sealed);
      assert.deepEqual(
        strange.map(({ kind, stream, revision }) => [kind, stream, revision]),
        [['store-record-strange', ended, sealed.get(ended)]],
      );
      assert.match(strange[0]?.message ?? '', /stands behind the end of its session/);
    }
  });

  it('is wrong in a stream that no ledger has', async () => {
    const { eventStore, sealed } = await storeWithSessions();
    const stream = 'invented' as StreamName;
    const [any] = await Array.fromAsync(eventStore.readAll({ limit: 1 }));
    assert.ok(any !== undefined);
    const { metadata } = any;
    const data = Uint8Array.of(0x80);
    const id = crypto.randomUUID();
    const event = { id, type: 'X', data, metadata: { ...metadata, previousHash: genesisHash } };
    await eventStore.append(stream, 'no-stream', [event]);
    const { strange, unsealed } = await storeContents(eventStore, sealed);
    assert.deepEqual(
      strange.map((one) => [one.stream, one.revision]),
      [[stream, 0]],
    );
    assert.deepEqual(unsealed, [{ stream, from: 0, records: 1 }]);
  });

  it('is wrong where a session says that it is another one, or begins with no start', async () => {
    const { eventStore, ended, sealed } = await storeWithSessions();
    const events = await Array.fromAsync(eventStore.readStream(ended));
    for (const [name, begin, words] of [
      ['session-11111111-0000-4000-8000-000000000000', 0, /says that this is the session/],
      ['session-22222222-0000-4000-8000-000000000000', 1, /begins no session/],
    ] as const) {
      const stream = name as StreamName;
      const taken = events[begin];
      assert.ok(taken !== undefined);
      const { type, data } = taken;
      const metadata = { ...taken.metadata, previousHash: genesisHash };
      await eventStore.append(stream, 'no-stream', [
        { id: crypto.randomUUID(), type, data, metadata },
      ]);
      const { strange } = await storeContents(eventStore, sealed);
      const found = strange.find((one) => one.stream === stream);
      assert.equal(found?.revision, 0);
      assert.match(found.message, words);
    }
  });

  it('is broken where a stream without an end is not chained', async () => {
    const { eventStore, sealed } = await storeWithSessions();
    const stream = [...sealed.keys()].find((name) => name.startsWith('instance-'));
    assert.ok(stream !== undefined);
    const [last] = await Array.fromAsync(
      eventStore.readStream(stream, { direction: 'backwards', limit: 1 }),
    );
    assert.ok(last !== undefined);
    const { type, data, metadata } = last;
    await eventStore.append(stream, last.revision, [
      { id: crypto.randomUUID(), type, data, metadata },
    ]);
    const { broken } = await storeContents(eventStore, sealed);
    assert.deepEqual(
      broken.map(({ code, details }) => [code, details['stream'], details['revision']]),
      [['LEDGER_CORRUPT', stream, last.revision + 1]],
    );
  });
});

async function endedIn(events: Parameters<typeof appendLogged>[1]): Promise<StoreContents> {
  const eventStore = createMemoryEventStore();
  await appendLogged(eventStore, events);
  return storeContents(eventStore, new Map());
}
