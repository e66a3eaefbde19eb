import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import type { LoggedEvent } from '../../../src/adapters/memory/event-store-log.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { CatalogueAdvance, CatalogueStore } from '../../../src/ports/catalogue-store.ts';
import { recordHash } from '../../../src/engine/ledger/record-hash.ts';
import type { DirectoryEntry } from '../../../src/engine/session/session-directory.ts';
import type { EventStore, GlobalPosition } from '../../../src/ports/event-store.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { runSimulation } from '../../simulation/run-simulation.ts';
import { appendLogged, catalogueRig } from './catalogue-rig.ts';
import { expectedCatalogue } from './expected-catalogue.ts';

describe('a catalogue that is found', () => {
  let events: readonly LoggedEvent[];
  let eventStore: EventStore;
  let store: CatalogueStore;
  let read: number;

  beforeEach(async () => {
    ({ events } = await runSimulation('7'));
    const inner = createMemoryEventStore();
    await appendLogged(inner, events);
    read = 0;
    eventStore = counting(inner, () => (read += 1));
    store = createMemoryCatalogueStore();
    await assertRight();
    assert.equal(read, events.length);
    read = 0;
  });

  function counting(inner: EventStore, onRead: () => void): EventStore {
    return {
      append: (...given) => inner.append(...given),
      readStream: (...given) => inner.readStream(...given),
      readAll: async function* (options) {
        for await (const event of inner.readAll(options)) {
          onRead();
          yield event;
        }
      },
      subscribe: (options) => inner.subscribe(options),
      close: () => inner.close(),
    };
  }

  async function assertRight(): Promise<void> {
    const { directory } = catalogueRig({ eventStore, store });
    const entries = await directory.entries({});
    const { ledger } = catalogueRig({ eventStore: plain(eventStore) });
    const { sessions } = await expectedCatalogue(ledger);
    assert.ok(sessions.length > 0);
    assert.deepEqual(
      entries.map(({ facts, actor }) => ({ facts, actor })),
      sessions,
    );
  }

  /** The same events without being counted. */
  function plain(counted: EventStore): EventStore {
    return {
      ...counted,
      readAll: async function* (options) {
        const before = read;
        const all = await Array.fromAsync(counted.readAll(options));
        read = before;
        yield* all;
      },
    };
  }

  it('is shown to be of this ledger by one event, and used', async () => {
    await assertRight();
    assert.equal(read, 1);
  });

  it('of another ledger is made again', async () => {
    const other = createMemoryEventStore();
    await appendLogged(other, (await runSimulation('8')).events);
    eventStore = counting(other, () => (read += 1));
    await assertRight();
    assert.ok(read > 1);
  });

  it('of a ledger that had more events, before an older copy was put in its place, is made again', async () => {
    const older = createMemoryEventStore();
    await appendLogged(older, events.slice(0, events.length / 2));
    eventStore = counting(older, () => (read += 1));
    await assertRight();
    assert.ok(read > 1);
  });

  it('of a ledger that is empty now is empty', async () => {
    eventStore = createMemoryEventStore();
    const { directory } = catalogueRig({ eventStore, store });
    assert.deepEqual(await directory.entries({}), []);
    assert.equal(await store.checkpoint(), null);
  });

  it('of another version is made again', async () => {
    const checkpoint = await store.checkpoint();
    assert.ok(checkpoint !== null);
    const old = { ...checkpoint, version: '0.0.1/0' };
    await store.advance({ from: checkpoint, to: old, sessions: [], claims: [], unreadable: [] });
    await assertRight();
    assert.equal(read, events.length);
    assert.deepEqual({ ...(await store.checkpoint()), making: '' }, { ...checkpoint, making: '' });
  });

  it('whose last event says something else in the ledger is made again', async () => {
    const checkpoint = await store.checkpoint();
    assert.ok(checkpoint !== null);
    const forged = { ...checkpoint, recordHash: '0'.repeat(64) };
    await store.advance({ from: checkpoint, to: forged, sessions: [], claims: [], unreadable: [] });
    await assertRight();
    assert.ok(read > events.length / 2);
  });

  it('that cannot be used is begun anew, once', async () => {
    let failures = 0;
    const failing: CatalogueStore = {
      ...store,
      checkpoint: () => {
        failures += 1;
        if (failures === 1) {
          return Promise.reject(damaged());
        }
        return store.checkpoint();
      },
    };
    const { directory } = catalogueRig({ eventStore, store: failing });
    assert.ok((await directory.entries({})).length > 0);
    assert.equal(read, events.length);
    const rig = catalogueRig({
      eventStore,
      store: { ...failing, checkpoint: () => Promise.reject(damaged()) },
    });
    await assert.rejects(rig.directory.entries({}), { code: 'CATALOGUE_UNUSABLE' });
  });

  it('is begun anew a second time, when the new one cannot be used either, and no third time', async () => {
    let beginnings = 0;
    const failing = (until: number): CatalogueStore => ({
      ...store,
      checkpoint: () => (beginnings < until ? Promise.reject(damaged()) : store.checkpoint()),
      startAnew: () => {
        beginnings += 1;
        return store.startAnew();
      },
    });
    const { directory } = catalogueRig({ eventStore, store: failing(2) });
    assert.ok((await directory.entries({})).length > 0);
    assert.equal(beginnings, 2);
    beginnings = 0;
    const rig = catalogueRig({ eventStore, store: failing(3) });
    await assert.rejects(rig.directory.entries({}), { code: 'CATALOGUE_UNUSABLE' });
    assert.equal(beginnings, 2);
  });

  it('is begun anew once for all who ask while it cannot be used', async () => {
    let beginnings = 0;
    const failing: CatalogueStore = {
      ...store,
      checkpoint: () => (beginnings === 0 ? Promise.reject(damaged()) : store.checkpoint()),
      startAnew: () => {
        beginnings += 1;
        return store.startAnew();
      },
    };
    const { directory } = catalogueRig({ eventStore, store: failing });
    const lists = await Promise.all(Array.from({ length: 20 }, () => directory.entries({})));
    assert.equal(beginnings, 1);
    for (const list of lists) assert.deepEqual(list, lists[0]);
  });

  it('serves any number who ask at once with one reading, of everything recorded before', async () => {
    const { directory } = catalogueRig({ eventStore, store });
    const lists = await Promise.all(Array.from({ length: 50 }, () => directory.entries({})));
    assert.ok(read <= 2, `${read} events were read`);
    for (const list of lists) assert.deepEqual(list, lists[0]);
  });

  it('is brought up to date by several processes at once', async () => {
    await store.clear();
    const rigs = [1, 2, 3].map(() => catalogueRig({ eventStore, store }));
    const lists = await Promise.all(rigs.map(({ directory }) => directory.entries({})));
    for (const list of lists) assert.deepEqual(list, lists[0]);
    await assertRight();
  });

  describe('made in several batches', () => {
    const batches = { eventsMax: 10, streamsMax: 10 };

    function withAdvance(advance: CatalogueStore['advance']): CatalogueStore {
      return { ...store, advance };
    }

    beforeEach(() => store.clear());

    it('puts each of them in before it reads on, from where the one before ended', async () => {
      const advances: CatalogueAdvance[] = [];
      const reads: number[] = [];
      const noting = withAdvance((advance) => {
        advances.push(advance);
        reads.push(read);
        return store.advance(advance);
      });
      await catalogueRig({ eventStore, store: noting, batches }).directory.entries({});
      assert.equal(advances.length, Math.ceil(events.length / 10));
      assert.ok(advances.length > 2);
      assert.deepEqual(
        advances.slice(1).map(({ from }) => from),
        advances.slice(0, -1).map(({ to }) => to),
      );
      assert.deepEqual(
        reads,
        advances.map((_, at) => Math.min(10 * (at + 1), events.length)),
      );
      await assertRight();
    });

    it('begins again from where another process was faster', async () => {
      let advances = 0;
      const overtaken = withAdvance(async (advance) => {
        advances += 1;
        if (advances === 2) await assertRight();
        return store.advance(advance);
      });
      const { directory } = catalogueRig({ eventStore, store: overtaken, batches });
      assert.ok((await directory.entries({})).length > 0);
      assert.equal(advances, 2);
      await assertRight();
    });

    it('is begun anew when one of them cannot be put in', async () => {
      let advances = 0;
      const failing = withAdvance((advance) => {
        advances += 1;
        return advances === 2 ? Promise.reject(damaged()) : store.advance(advance);
      });
      const { directory } = catalogueRig({ eventStore, store: failing, batches });
      assert.ok((await directory.entries({})).length > 0);
      assert.equal(read, events.length + 20);
      await assertRight();
    });

    it('keeps what was put in when reading fails', async () => {
      const broken: EventStore = {
        ...eventStore,
        readAll: async function* (options) {
          let given = 0;
          for await (const event of eventStore.readAll(options)) {
            given += 1;
            if (given > 15) throw new SnapledgerError('LEDGER_CORRUPT', 'broken');
            yield event;
          }
        },
      };
      const { directory } = catalogueRig({ eventStore: broken, store, batches });
      await assert.rejects(directory.entries({}), { code: 'LEDGER_CORRUPT' });
      assert.equal((await store.checkpoint())?.position, String(events[9]?.position));
      read = 0;
      await assertRight();
      assert.ok(read < events.length, `${read} of ${events.length}`);
    });
  });

  it('that a program of another version clears between two looks is not believed', async () => {
    let clearings = 0;
    const shared: CatalogueStore = {
      ...store,
      sessions: async (...given) => {
        if (clearings < 3) {
          clearings += 1;
          // What another version does, whose rows are its own.
          await store.clear();
          const other = { version: '9.9.9/0', making: `other ${clearings}` };
          const at = { position: '1' as GlobalPosition, before: null, recordHash: 'x' };
          await store.advance({
            from: null,
            to: { ...other, ...at },
            sessions: [],
            claims: [],
            unreadable: [],
          });
        }
        return store.sessions(...given);
      },
    };
    const { directory } = catalogueRig({ eventStore, store: shared });
    const { ledger } = catalogueRig({ eventStore: plain(eventStore) });
    const { sessions } = await expectedCatalogue(ledger);
    const entries = await directory.entries({});
    assert.equal(clearings, 3);
    assert.deepEqual(
      entries.map(({ facts, actor }) => ({ facts, actor })),
      sessions,
    );
  });

  it('lists all the same when a newer version wrote to one stream, which stays as it was known', async () => {
    const before = await catalogueRig({ eventStore, store }).directory.entries({});
    const stream = events.find(({ stream: name }) => name.startsWith('session-'))?.stream;
    assert.ok(stream !== undefined);
    const [last] = await Array.fromAsync(
      eventStore.readStream(stream, { direction: 'backwards', limit: 1 }),
    );
    assert.ok(last !== undefined);
    const previousHash = recordHash(stream, last.revision, last);
    await eventStore.append(stream, last.revision, [
      {
        id: '00000000-0000-4000-8000-000000000001',
        type: 'FromTheFuture',
        data: Uint8Array.of(0x80),
        metadata: { ...last.metadata, previousHash },
      },
    ]);
    for (const one of [store, createMemoryCatalogueStore()]) {
      const rig = catalogueRig({ eventStore, store: one });
      const now = await rig.directory.entries({});
      assert.deepEqual(
        now.map(({ facts }) => facts),
        before.map(({ facts }) => facts),
      );
      const touched: DirectoryEntry | undefined = now.find((entry): boolean =>
        stream.endsWith(entry.sessionId),
      );
      assert.ok(touched !== undefined);
      const { sessionId, instanceId }: DirectoryEntry = touched;
      await assert.rejects(rig.directory.stateOf(sessionId), { code: 'UNKNOWN_EVENT' });
      const all = await rig.directory.unreadable(null);
      assert.equal(all.others, 'none');
      const named = all.sessions.map(({ error, ...which }) => ({
        ...which,
        code: error.code,
      }));
      assert.deepEqual(named, [{ sessionId, code: 'UNKNOWN_EVENT' }]);
      assert.equal((await rig.directory.unreadable(instanceId)).sessions.length, 1);
      const another = sampleIds.instance('another');
      assert.deepEqual((await rig.directory.unreadable(another)).sessions, []);
    }
  });
});

function damaged(): SnapledgerError {
  return new SnapledgerError('CATALOGUE_UNUSABLE', 'the file is damaged');
}
