import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { SegmentOpener } from '../../../src/engine/audit/opened-segments.ts';
import { openCheckpoint } from '../../../src/engine/transparency-log/checkpoint.ts';
import { LogWriter } from '../../../src/engine/transparency-log/log-writer.ts';
import { readLog } from '../../../src/engine/transparency-log/read-log.ts';
import { SubjectKeys } from '../../../src/engine/transparency-log/subject-keys.ts';
import type { RecordedEvent } from '../../../src/ports/event-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import { tamperedEventStore } from '../ledger/tampered-event-store.ts';
import { counter } from '../ledger/ledger-rig.ts';
import {
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

function bound(objectStore: ObjectStore): ObjectStore {
  return {
    create: (key, body) => objectStore.create(key, body),
    get: (key, range) => objectStore.get(key, range),
    head: (key) => objectStore.head(key),
    list: (prefix, options) => objectStore.list(prefix, options),
    delete: (key) => objectStore.delete(key),
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
