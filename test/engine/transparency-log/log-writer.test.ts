import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { SegmentOpener } from '../../../src/engine/audit/opened-segments.ts';
import { openCheckpoint } from '../../../src/engine/transparency-log/checkpoint.ts';
import { streamMarkKey } from '../../../src/engine/transparency-log/log-objects.ts';
import { LogWriter } from '../../../src/engine/transparency-log/log-writer.ts';
import { readLog } from '../../../src/engine/transparency-log/read-log.ts';
import { SubjectKeys } from '../../../src/engine/transparency-log/subject-keys.ts';
import type { RecordedEvent, StreamName } from '../../../src/ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import { tamperedEventStore } from '../ledger/tampered-event-store.ts';
import { counter } from '../ledger/ledger-rig.ts';
import {
  exchangeMark,
  instanceA,
  keysUnder,
  ofWeb1,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
} from './sealed-ledger-rig.ts';

/** Stream and revision of every record of the log, in its order, all of them proven and opened. */
async function loggedRecords({ objectStore, keys }: SealedLedgerRig): Promise<readonly string[]> {
  const opener = new SegmentOpener(new SubjectKeys(objectStore, keys, systemRandom));
  const records: string[] = [];
  for await (const proven of readLog(objectStore, keys.signer)) {
    for await (const { record } of opener.open(proven)) {
      records.push(`${record.stream}@${record.revision}`);
    }
  }
  return records;
}

describe('sealing', () => {
  it('appends what the streams have, once, and signs it', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2);
    const note = await rig.record(sessionB, 3);
    assert.equal(openCheckpoint(note ?? '', rig.keys.signer)?.size, 3);
    assert.equal(await rig.writer.seal([ofWeb1(sessionA), ofWeb1(sessionB)]), note);
    assert.deepEqual(await loggedRecords(rig), [`${sessionA}@0`, `${sessionA}@1`, `${sessionB}@0`]);
  });

  it('goes on where a stream was sealed before', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(instanceA, 1, 2);
    await rig.record(instanceA, 3);
    const expected = [0, 1, 2].map((revision) => `${instanceA}@${revision}`);
    assert.deepEqual(await loggedRecords(rig), expected);
  });

  it('says nothing of what is recorded to who has no key', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 4711);
    for (const key of await keysUnder(rig.objectStore, 'ledger/')) {
      const text = Buffer.from(await rig.objectStore.get(key)).toString('utf8');
      assert.doesNotMatch(text, /Counted|tester|4711/);
    }
    const [record] = await Array.fromAsync(rig.eventStore.readStream(sessionA));
    assert.equal(record?.metadata.actor, 'tester');
  });

  it('of two engines at once leaves one log with every record once', async () => {
    const rig = await sealedLedgerRig();
    const { eventStore, objectStore, keys } = rig;
    const other = new LogWriter({ objectStore, eventStore, random: systemRandom, keys });
    await rig.record(sessionA, 1, 2, 3);
    for (const stream of [sessionB, instanceA]) {
      const loaded = await rig.ledger.load(stream, counter);
      await rig.ledger.append(loaded, [{ type: 'Counted', data: { by: 1 } }], 'Count', counter);
    }
    const streams = [ofWeb1(sessionB), ofWeb1(instanceA)];
    await Promise.all([rig.writer.seal(streams), other.seal(streams.toReversed())]);
    const records = await loggedRecords(rig);
    assert.equal(records.length, 5);
    assert.equal(new Set(records).size, 5);
  });

  it('survives an engine that dies after the entry and before its marks', async () => {
    const objectStore = createMemoryObjectStore();
    let dies = true;
    const dying: ObjectStore = {
      ...bound(objectStore),
      create: async (key, body) => {
        if (dies && key.startsWith('ledger/streams/')) throw new Error('the engine died');
        await objectStore.create(key, body);
      },
    };
    const rig = await sealedLedgerRig({ objectStore: dying });
    await assert.rejects(rig.record(sessionA, 1, 2), /the engine died/);
    dies = false;
    await rig.record(sessionA, 3);
    assert.deepEqual(
      await loggedRecords(rig),
      [0, 1, 2].map((at) => `${sessionA}@${at}`),
    );
  });

  it('takes an append whose answer was lost for done', async () => {
    const objectStore = createMemoryObjectStore();
    let loses = true;
    const lossy: ObjectStore = {
      ...bound(objectStore),
      create: async (key, body) => {
        await objectStore.create(key, body);
        if (!loses || !key.startsWith('ledger/log/')) return;
        loses = false;
        throw new SnapledgerError('STORE_UNAVAILABLE', 'no answer', { retry: 'retryable' });
      },
    };
    const rig = await sealedLedgerRig({ objectStore: lossy });
    await assert.rejects(rig.record(sessionA, 1), { code: 'STORE_UNAVAILABLE' });
    await rig.writer.seal([ofWeb1(sessionA)]);
    assert.deepEqual(await loggedRecords(rig), [`${sessionA}@0`]);
  });

  it('is refused when the store is an older copy, or another one', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(instanceA, 1, 2, 3);
    const cut = tamperedEventStore(rig.eventStore, (events) => events.slice(0, 2));
    const { objectStore, keys } = rig;
    const writerOn = (eventStore: typeof cut): LogWriter =>
      new LogWriter({ objectStore, eventStore, random: systemRandom, keys });
    await assert.rejects(writerOn(backwards(cut)).seal([ofWeb1(instanceA)]), {
      code: 'LEDGER_DIVERGED',
      details: { stream: instanceA, revision: 2 },
    });
    const other = await sealedLedgerRig();
    await other.record(instanceA, 9, 9, 9, 9);
    await assert.rejects(writerOn(other.eventStore).seal([ofWeb1(instanceA)]), {
      code: 'LEDGER_DIVERGED',
      details: { stream: instanceA, revision: 3 },
    });
  });

  it('builds on no end that its key did not sign', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1);
    const [key] = await keysUnder(rig.objectStore, 'ledger/log/');
    assert.ok(key !== undefined);
    const text = Buffer.from(await rig.objectStore.get(key)).toString('utf8');
    await rig.objectStore.delete(key);
    await rig.objectStore.create(key, Buffer.from(text.replace('\\n1\\n', '\\n2\\n')));
    await assert.rejects(rig.record(sessionB, 1), { code: 'LEDGER_TAMPERED' });
  });
});

describe('marks', () => {
  const markOf = (stream: StreamName, revision: number): ObjectKey =>
    streamMarkKey(stream, revision);

  /** Another process, which knows nothing of the log yet. */
  function newEngine({ objectStore, eventStore, keys }: SealedLedgerRig): LogWriter {
    return new LogWriter({ objectStore, eventStore, random: systemRandom, keys });
  }

  it('that are deleted have nothing sealed a second time, and are made again', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2);
    await rig.record(instanceA, 1);
    await rig.record(instanceA, 2);
    const before = await loggedRecords(rig);
    const marks = await keysUnder(rig.objectStore, 'ledger/streams/');
    for (const gone of [markOf(sessionA, 2), markOf(instanceA, 2)]) {
      await rig.objectStore.delete(gone);
      await newEngine(rig).seal([ofWeb1(sessionA), ofWeb1(instanceA)]);
      assert.deepEqual(await loggedRecords(rig), before);
      assert.deepEqual(await keysUnder(rig.objectStore, 'ledger/streams/'), marks);
    }
    for (const mark of marks) await rig.objectStore.delete(mark);
    const note = await newEngine(rig).seal([ofWeb1(sessionA), ofWeb1(instanceA)]);
    assert.equal(openCheckpoint(note ?? '', rig.keys.signer)?.size, 4);
    assert.deepEqual(
      await keysUnder(rig.objectStore, 'ledger/streams/'),
      marks.filter((key) => key !== markOf(instanceA, 1)),
      'the furthest of each stream',
    );
  });

  it('that are deleted while two engines seal at once leave one log with every record once', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3);
    const engines = [newEngine(rig), newEngine(rig)];
    await rig.objectStore.delete(markOf(sessionA, 3));
    for (const stream of [sessionB, instanceA]) {
      const loaded = await rig.ledger.load(stream, counter);
      await rig.ledger.append(loaded, [{ type: 'Counted', data: { by: 1 } }], 'Count', counter);
    }
    const streams = [ofWeb1(sessionA), ofWeb1(sessionB), ofWeb1(instanceA)];
    await Promise.all(engines.map((engine) => engine.seal(streams)));
    const records = await loggedRecords(rig);
    assert.equal(records.length, 5);
    assert.equal(new Set(records).size, 5);
  });

  it('that are deleted are missed also when the store breaks off as the log is looked at', async () => {
    const objectStore = createMemoryObjectStore();
    let failsAt = Infinity;
    let reads = 0;
    const flaky: ObjectStore = {
      ...bound(objectStore),
      get: async (key, range) => {
        reads += 1;
        if (reads === failsAt) throw new SnapledgerError('STORE_UNAVAILABLE', 'no answer');
        return await objectStore.get(key, range);
      },
    };
    const rig = await sealedLedgerRig({ objectStore: flaky });
    await rig.record(sessionA, 1, 2);
    for (const amount of [1, 2, 3]) await rig.record(instanceA, amount);
    const before = await loggedRecords(rig);
    for (let at = 1; at <= 8; at += 1) {
      await objectStore.delete(markOf(sessionA, 2));
      const engine = newEngine(rig);
      [reads, failsAt] = [0, at];
      await Promise.allSettled([engine.seal([ofWeb1(sessionA)])]);
      failsAt = Infinity;
      await engine.seal([ofWeb1(sessionA)]);
      assert.deepEqual(await loggedRecords(rig), before, `broken off at read ${at}`);
    }
  });

  it('that are changed, cut or emptied are replaced by what the log says', async () => {
    for (const wrong of [new Uint8Array(32).fill(7), Uint8Array.of(1, 2), new Uint8Array()]) {
      const rig = await sealedLedgerRig();
      await rig.record(instanceA, 1, 2);
      await rig.record(sessionA, 1);
      const key = markOf(instanceA, 2);
      const honest = await rig.objectStore.get(key);
      await rig.objectStore.delete(key);
      await rig.objectStore.create(key, wrong);
      const engine = newEngine(rig);
      await engine.seal([ofWeb1(instanceA)]);
      assert.deepEqual(await rig.objectStore.get(key), honest);
      const loaded = await rig.ledger.load(instanceA, counter);
      await rig.ledger.append(loaded, [{ type: 'Counted', data: { by: 3 } }], 'Count', counter);
      await newEngine(rig).seal([ofWeb1(instanceA)]);
      assert.equal((await loggedRecords(rig)).at(-1), `${instanceA}@2`);
    }
  });

  it('that claim more than the log has stop the sealing, until they or the entries are back in order', async () => {
    const forgeries: readonly ((rig: SealedLedgerRig) => Promise<ObjectKey>)[] = [
      async ({ objectStore }) => {
        await objectStore.create(markOf(instanceA, 9), new Uint8Array(32));
        return markOf(instanceA, 9);
      },
      async ({ objectStore }) => {
        const last = (await keysUnder(objectStore, 'ledger/log/')).at(-1);
        assert.ok(last !== undefined);
        await objectStore.delete(last);
        return markOf(sessionA, 1);
      },
    ];
    for (const forge of forgeries) {
      const rig = await sealedLedgerRig();
      await rig.record(instanceA, 1, 2);
      await rig.record(sessionA, 1);
      const objectKey = await forge(rig);
      const engine = newEngine(rig);
      await assert.rejects(engine.seal([ofWeb1(sessionB)]), {
        code: 'LEDGER_TAMPERED',
        message: new RegExp(`^'${objectKey}' says that more`),
        remedy: /remove this object: then the next session is sealed/,
      });
      await rig.objectStore.delete(objectKey);
      await newEngine(rig).seal([ofWeb1(sessionA), ofWeb1(sessionB)]);
      const records = await loggedRecords(rig);
      assert.equal(new Set(records).size, records.length);
      assert.equal(records.length, 3);
    }
  });

  it('spare an engine the log: what a new instance has is sealed after a look at two entries', async () => {
    const objectStore = createMemoryObjectStore();
    let entriesRead = 0;
    const counting: ObjectStore = {
      ...bound(objectStore),
      get: (key, range) => {
        if (key.startsWith('ledger/log/')) entriesRead += 1;
        return objectStore.get(key, range);
      },
    };
    const rig = await sealedLedgerRig({ objectStore: counting });
    for (let at = 0; at < 20; at += 1) await rig.record(sessionA, at);
    const [stream, subject] = ['instance-new', 'instance-new'] as StreamName[];
    assert.ok(stream !== undefined && subject !== undefined);
    await rig.ledger.append(
      await rig.ledger.load(stream, counter),
      [{ type: 'Counted', data: { by: 1 } }],
      'Count',
      counter,
    );
    entriesRead = 0;
    await newEngine(rig).seal([{ stream, subject }]);
    assert.ok(entriesRead <= 4, `${entriesRead} entries were read`);
    assert.equal((await loggedRecords(rig)).length, 21);
  });

  it('of another stream in their place have a record sealed twice, which is read once', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2);
    await rig.record(sessionB, 1);
    await rig.record(instanceA, 1);
    await exchangeMark(rig.objectStore, sessionA, 2);
    const loaded = await rig.ledger.load(sessionA, counter);
    await rig.ledger.append(loaded, [{ type: 'Counted', data: { by: 3 } }], 'Count', counter);
    const note = await newEngine(rig).seal([ofWeb1(sessionA)]);
    assert.equal(openCheckpoint(note ?? '', rig.keys.signer)?.size, 7, 'the log has them twice');
    assert.deepEqual(await loggedRecords(rig), [
      `${sessionA}@0`,
      `${sessionA}@1`,
      `${sessionB}@0`,
      `${instanceA}@0`,
      `${sessionA}@2`,
    ]);
  });

  it('are not missed when the last entry is exchanged or removed while an engine runs', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1);
    await rig.record(sessionB, 1);
    const last = (await keysUnder(rig.objectStore, 'ledger/log/')).at(-1);
    assert.ok(last !== undefined);
    await rig.objectStore.delete(last);
    await assert.rejects(rig.record(instanceA, 1), {
      code: 'LEDGER_TAMPERED',
      details: { kind: 'log-truncated', objectKey: last, position: 1 },
    });
  });
});

function bound(objectStore: ObjectStore): ObjectStore {
  return {
    create: (key, body) => objectStore.create(key, body),
    get: (key, range) => objectStore.get(key, range),
    head: (key) => objectStore.head(key),
    list: (prefix, options) => objectStore.list(prefix, options),
    delete: (key) => objectStore.delete(key),
    retention: null,
  };
}

/** Understands the one backwards read that sealing does. */
function backwards(eventStore: ReturnType<typeof tamperedEventStore>): typeof eventStore {
  return {
    ...eventStore,
    async *readStream(stream, options = {}) {
      const all: RecordedEvent[] = await Array.fromAsync(eventStore.readStream(stream));
      if (options.direction === 'backwards') yield* all.toReversed().slice(0, options.limit);
      else yield* all.filter(({ revision }) => revision >= (options.from ?? 0));
    },
  };
}
