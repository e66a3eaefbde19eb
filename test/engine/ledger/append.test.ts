import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { genesisHash, recordHash } from '../../../src/engine/ledger/record-hash.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { type AppendFate, flakyEventStore } from './flaky-event-store.ts';
import { count, counted, counter, counterStream, ledgerRig } from './ledger-rig.ts';

describe('an append to the ledger', () => {
  it('gives the state, the revision and the hash that loading gives', async () => {
    const { ledger } = ledgerRig();
    const empty = await ledger.load(counterStream, counter);
    assert.deepEqual(empty, {
      stream: counterStream,
      state: 0,
      revision: 'no-stream',
      lastHash: genesisHash,
    });
    const first = await ledger.append(empty, counted(1, 2), 'Count', counter);
    assert.deepEqual(first, await ledger.load(counterStream, counter));
    const second = await ledger.append(first, counted(4), 'Count', counter);
    assert.deepEqual(second, await ledger.load(counterStream, counter));
    assert.equal(second.state, 7);
    assert.equal(second.revision, 2);
  });

  it('of nothing writes nothing', async () => {
    const { ledger, eventStore } = ledgerRig();
    const empty = await ledger.load(counterStream, counter);
    assert.equal(await ledger.append(empty, [], 'Count', counter), empty);
    assert.deepEqual(await Array.fromAsync(eventStore.readAll()), []);
  });

  it('records who, when, why, which version, and what came before', async () => {
    const { ledger, eventStore, clock } = ledgerRig();
    await count(ledger, 1, 2);
    const [first, second] = await Array.fromAsync(eventStore.readStream(counterStream));
    assert.ok(first !== undefined);
    assert.deepEqual(second?.metadata, {
      schemaVersion: 1,
      recordedAt: clock.now(),
      actor: 'tester',
      engineVersion: '0.0.0',
      cause: 'Count',
      previousHash: recordHash(counterStream, 0, first),
    });
  });

  it('is refused when the stream has moved on, and then wrote nothing', async () => {
    const { ledger } = ledgerRig();
    const empty = await ledger.load(counterStream, counter);
    await ledger.append(empty, counted(1), 'Count', counter);
    await assert.rejects(ledger.append(empty, counted(2, 3), 'CountTwice', counter), {
      code: 'REVISION_CONFLICT',
    });
    assert.equal((await ledger.load(counterStream, counter)).state, 1);
  });
});

describe('an append whose outcome is unknown', () => {
  const troubles: readonly (readonly AppendFate[])[] = [
    ['lost-before-writing'],
    ['lost-after-writing'],
    ['lost-before-writing', 'lost-after-writing'],
    ['lost-after-writing', 'lost-before-writing'],
  ];
  for (const fates of troubles) {
    it(`is repeated until it is known, and stands once: ${fates.join(', ')}`, async () => {
      const eventStore = flakyEventStore(createMemoryEventStore(), fates);
      const { ledger } = ledgerRig({ eventStore });
      const empty = await ledger.load(counterStream, counter);
      const after = await ledger.append(empty, counted(1, 2), 'Count', counter);

      assert.deepEqual(await ledger.load(counterStream, counter), after);
      assert.equal(after.state, 3);
      assert.equal(eventStore.tried.length, fates.length + 1);
      assert.equal(new Set(eventStore.tried).size, 1, 'the very same events each time');
    });
  }

  it('is given up after the last try; what was written can be found by loading', async () => {
    const fates: readonly AppendFate[] = ['lost-after-writing', 'lost-before-writing'];
    const eventStore = flakyEventStore(createMemoryEventStore(), [...fates, 'lost-before-writing']);
    const { ledger } = ledgerRig({ eventStore });
    const empty = await ledger.load(counterStream, counter);
    await assert.rejects(ledger.append(empty, counted(5), 'Count', counter), {
      code: 'LEDGER_UNAVAILABLE',
    });
    assert.equal((await ledger.load(counterStream, counter)).state, 5);
  });
});

describe('the id of an event', () => {
  const idsOf = async (engine: string): Promise<readonly string[]> => {
    const { ledger, eventStore } = ledgerRig({ engineId: sampleIds.engine(engine) });
    const loaded = await ledger.load(counterStream, counter);
    await ledger.append(loaded, counted(1, 2), 'Count', counter);
    await count(ledger, 3);
    return (await Array.fromAsync(eventStore.readAll())).map(({ id }) => id);
  };

  it('is the same each time that the same engine makes the same append', async () => {
    assert.deepEqual(await idsOf('here'), await idsOf('here'));
  });

  it('is a UUID of version 5, another one for each event', async () => {
    const ids = await idsOf('here');
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab]/);
  });

  it('differs between engines, so that one cannot take the append of another for its own', async () => {
    const [here, there] = [new Set(await idsOf('here')), await idsOf('there')];
    assert.ok(there.every((id) => !here.has(id)));

    const eventStore = createMemoryEventStore();
    const one = ledgerRig({ eventStore, engineId: sampleIds.engine('here') }).ledger;
    const other = ledgerRig({ eventStore, engineId: sampleIds.engine('there') }).ledger;
    const empty = await one.load(counterStream, counter);
    await one.append(empty, counted(1), 'Count', counter);
    await assert.rejects(other.append(empty, counted(1), 'Count', counter), {
      code: 'REVISION_CONFLICT',
    });
  });

  it('differs between two appends of one engine that say different things', async () => {
    const { ledger } = ledgerRig();
    const empty = await ledger.load(counterStream, counter);
    await ledger.append(empty, counted(1), 'Count', counter);
    await assert.rejects(ledger.append(empty, counted(2), 'Count', counter), {
      code: 'REVISION_CONFLICT',
    });
  });
});
