import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandom } from '../../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../src/domain/identifiers.ts';
import type { LedgerFinding, LedgerProof } from '../../../src/engine/audit/ledger-proof.ts';
import { nothingInStore, type StoreContents } from '../../../src/engine/audit/store-contents.ts';
import { type LedgerVerification, verifyLedger } from '../../../src/engine/audit/verify-ledger.ts';
import { encodeEventData } from '../../../src/engine/ledger/event-codec.ts';
import { recordHash } from '../../../src/engine/ledger/record-hash.ts';
import { signCheckpoint } from '../../../src/engine/transparency-log/checkpoint.ts';
import {
  decodeLogEntry,
  encodeLogEntry,
  type LogEntry,
} from '../../../src/engine/transparency-log/log-entry.ts';
import { entryKey } from '../../../src/engine/transparency-log/log-objects.ts';
import {
  emptyFrontier,
  type MerkleFrontier,
  rootOf,
  withLeaf,
} from '../../../src/engine/transparency-log/merkle-frontier.ts';
import type { NoteSigner } from '../../../src/engine/transparency-log/signed-note.ts';
import type { CheckpointWitness } from '../../../src/ports/checkpoint-witness.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../../src/ports/event-store.ts';
import type { PointManifest } from '../../../src/format/restore-point.ts';
import { strataFormat } from '../../../src/format/strata/strata-format.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import { counted, counter } from '../ledger/ledger-rig.ts';
import {
  copyOfObjects,
  instanceA,
  ledgerSealedTwice,
  ofWeb1,
  sealedLedgerRig,
  type SealedLedgerRig,
  sessionA,
  sessionB,
  testLogKeys,
} from '../transparency-log/sealed-ledger-rig.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';

const sessionC = 'session-00000000-0000-4000-8000-00000000000c' as StreamName;

/** Three entries: session A (0 to 2), the instance (3, 4), session B (5, 6). */
async function honestLedger(): Promise<SealedLedgerRig & { readonly notes: readonly string[] }> {
  const rig = await sealedLedgerRig();
  const notes = [
    await rig.record(sessionA, 1, 2, 3),
    await rig.record(instanceA, 1, 2),
    await rig.record(sessionB, 4, 5),
  ];
  return { ...rig, notes: notes.map((note) => note ?? '') };
}

type EndedSessions = Partial<Pick<StoreContents, 'ended' | 'unreadable' | 'broken'>>;

interface VerificationChanges extends Partial<LedgerVerification> {
  /** What the store is to say of its sessions. */
  readonly endedSessions?: () => Promise<EndedSessions>;
}

function verified(
  { objectStore, eventStore, keys }: SealedLedgerRig,
  { endedSessions, ...changes }: VerificationChanges = {},
): Promise<LedgerProof> {
  return verifyLedger({
    objectStore,
    headerKey: strataFormat.headerKey,
    eventStore,
    keys,
    random: systemRandom,
    clock: systemClock,
    witnesses: [],
    checkpoints: [],
    contents: async () => ({ ...nothingInStore, ...(await endedSessions?.()) }),
    repository: { listPoints: () => pointsOf() },
    ...changes,
  });
}

async function* pointsOf(...points: readonly PointManifest[]): AsyncGenerator<PointManifest, void> {
  yield* await Promise.resolve(points);
}

const entryKeys = [entryKey(0), entryKey(3), entryKey(5)] as const;

/** Objects as they are after somebody rewrote entries; null removes one. */
function withEntries(
  objectStore: ObjectStore,
  rewrite: (entry: LogEntry, index: number) => LogEntry | null,
): Promise<ObjectStore> {
  return copyOfObjects(objectStore, (key, body) => {
    const index = entryKeys.findIndex((one) => one === key);
    if (index < 0) return body;
    const entry = decodeLogEntry(body);
    assert.ok(entry !== null);
    const rewritten = rewrite(entry, index);
    return rewritten === null ? null : encodeLogEntry(rewritten);
  });
}

/** The log with every hash, root and signature made anew: all that a forger with a key can do. */
async function resigned(
  objectStore: ObjectStore,
  signer: NoteSigner,
  rewrite: (entry: LogEntry, index: number) => LogEntry,
): Promise<ObjectStore> {
  let frontier: MerkleFrontier = emptyFrontier;
  return withEntries(objectStore, (honest, index) => {
    const entry = rewrite(honest, index);
    for (const { leaf } of entry.segments.flatMap(({ records }) => records)) {
      frontier = withLeaf(frontier, leaf);
    }
    const { size } = frontier;
    const checkpoint = signCheckpoint(
      { origin: signer.name, size, root: rootOf(frontier) },
      signer,
    );
    return { ...entry, frontier, checkpoint };
  });
}

function changeSegment(
  entry: LogEntry,
  change: (segment: LogEntry['segments'][number]) => Partial<LogEntry['segments'][number]>,
): LogEntry {
  return { ...entry, segments: entry.segments.map((one) => ({ ...one, ...change(one) })) };
}

/** A store with other content in one stream. */
function storeWith(
  honest: EventStore,
  stream: StreamName,
  tamper: (events: readonly RecordedEvent[]) => readonly RecordedEvent[],
): EventStore {
  return {
    append: (name, expected, events) => honest.append(name, expected, events),
    readAll: (options) => honest.readAll(options),
    subscribe: (options) => honest.subscribe(options),
    close: () => honest.close(),
    async *readStream(name, options = {}) {
      const all = await Array.fromAsync(honest.readStream(name));
      const events = name === stream ? tamper(all) : all;
      yield* events
        .filter(({ revision }) => revision >= (options.from ?? 0))
        .slice(0, options.limit ?? Infinity);
    },
  };
}

function damaged(said: string): SnapledgerError {
  return new SnapledgerError('LEDGER_CORRUPT', `The ledger is ${said}.`);
}

/** A store whose file is damaged: it cannot say of which stream. */
function unreadable(honest: EventStore, said: (stream: StreamName) => string): EventStore {
  return unreadableFrom(honest, 0, said, 1);
}

/**
 * The same, of which only the events from one on cannot be read.
 *
 * @param atOnce as many are read together, and given only when all of them can be
 */
function unreadableFrom(
  honest: EventStore,
  damagedFrom: number,
  said: (stream: StreamName) => string,
  atOnce: number,
): EventStore {
  return {
    append: (name, expected, events) => honest.append(name, expected, events),
    readAll: (options) => honest.readAll(options),
    subscribe: (options) => honest.subscribe(options),
    close: () => honest.close(),

    async *readStream(name, options) {
      const events = await Array.fromAsync(honest.readStream(name, options));
      while (events.length > 0) {
        const page = events.splice(0, atOnce);
        if (page.some(({ revision }) => revision >= damagedFrom)) throw damaged(said(name));
        yield* page;
      }
    },
  };
}

function witnessOf(...notes: readonly string[]): CheckpointWitness {
  return {
    keptIn: 'a file',
    publish: () => Promise.resolve(),
    async *published() {
      yield* await Promise.resolve(notes.map((note) => ({ note, place: 'a witness' })));
    },
  };
}

function firstOf({ findings }: LedgerProof): Partial<LedgerFinding> {
  const [first] = findings;
  assert.ok(first !== undefined, 'something is found');
  assert.ok(first.message.length > 20, 'and said in a sentence');
  return Object.fromEntries(Object.entries(first).filter(([name]) => name !== 'message'));
}

const otherData = encodeEventData({ type: 'Counted', data: { by: 999 } });

describe('an honest ledger', () => {
  it('is proven also while another session is sealed', async () => {
    const rig = await honestLedger();
    const { findings } = await verified(rig, {
      contents: async () => {
        await rig.record(sessionB, 6);
        await rig.record(sessionC, 7);
        return nothingInStore;
      },
    });
    assert.deepEqual(findings, []);
  });

  it('is proven whole, with and without its event store', async () => {
    const rig = await honestLedger();
    for (const eventStore of [rig.eventStore, null]) {
      const proof = await verified(rig, { eventStore, witnesses: [witnessOf(...rig.notes)] });
      assert.deepEqual(proof.findings, []);
      assert.deepEqual(
        [proof.size, proof.entries, proof.streams, proof.witnessedCheckpoints],
        [7, 3, 3, 3],
      );
      assert.equal(proof.checkpoint, rig.notes[2]);
    }
  });

  it('may be ahead of its seal: that is said, and is no finding', async () => {
    const rig = await honestLedger();
    const sessionId = 'c0ffee00-0000-4000-8000-000000000000' as SessionId;
    const stream = `session-${sessionId}` as StreamName;
    const proof = await verified(rig, {
      endedSessions: () =>
        Promise.resolve({
          ended: [
            { sessionId, stream },
            { sessionId: 'a' as SessionId, stream: sessionA },
          ],
          unreadable: [],
        }),
    });
    assert.deepEqual(proof.findings, []);
    assert.deepEqual(proof.unsealedSessions, [sessionId]);
  });
});

describe('in the repository', () => {
  it('a deleted entry is noticed, and what it held', async () => {
    const rig = await honestLedger();
    const objectStore = await withEntries(rig.objectStore, (entry, index) =>
      index === 0 ? null : entry,
    );
    const proof = await verified(rig, { objectStore });
    const key = entryKeys[0];
    assert.deepEqual(firstOf(proof), {
      kind: 'entry-missing',
      objectKey: key,
      position: 0,
      stream: sessionA,
      revision: 0,
    });
    assert.equal(proof.size, 0);
  });

  it('a deleted part of a stream is named by its first event', async () => {
    const rig = await honestLedger();
    await rig.record(instanceA, 3);
    const objectStore = await copyOfObjects(rig.objectStore, (key, body) =>
      key === entryKeys[1] || key === entryKeys[2] ? null : body,
    );
    assert.deepEqual(firstOf(await verified(rig, { objectStore })), {
      kind: 'entry-missing',
      objectKey: entryKeys[1],
      position: 3,
      stream: instanceA,
      revision: 0,
    });
  });

  it('an altered record is named', async () => {
    const rig = await honestLedger();
    const objectStore = await withEntries(rig.objectStore, (entry, index) =>
      index !== 0
        ? entry
        : changeSegment(entry, ({ records }) => ({
            records: records.map((record, at) =>
              at === 1 ? { ...record, sealed: record.sealed.map((byte) => byte ^ 1) } : record,
            ),
          })),
    );
    assert.deepEqual(firstOf(await verified(rig, { objectStore, eventStore: null })), {
      kind: 'record-altered',
      objectKey: entryKeys[0],
      position: 1,
      stream: sessionA,
      revision: 1,
    });
  });

  it('a record that is moved to another stream, revision or subject is named', async () => {
    const rig = await honestLedger();
    const deeds: readonly Partial<LogEntry['segments'][number]>[] = [
      { stream: 'session-moved' as StreamName },
      { subject: 'somebody-else' },
    ];
    for (const deed of deeds) {
      const objectStore = await withEntries(rig.objectStore, (entry, index) =>
        index === 2 ? changeSegment(entry, () => deed) : entry,
      );
      const { kind, position, revision } = firstOf(await verified(rig, { objectStore }));
      assert.deepEqual([kind, position, revision], ['record-altered', 5, 0]);
    }
  });

  it('reordered records, and reordered entries, are noticed', async () => {
    const rig = await honestLedger();
    const swapped = await withEntries(rig.objectStore, (entry) =>
      changeSegment(entry, ({ records }) => ({ records: records.toReversed() })),
    );
    const { kind, stream, revision } = firstOf(await verified(rig, { objectStore: swapped }));
    assert.deepEqual([kind, stream, revision], ['record-altered', sessionA, 0]);

    const [one, two] = await Promise.all([1, 2].map((at) => bodyOf(rig.objectStore, at)));
    assert.ok(one !== undefined && two !== undefined);
    const exchanged = await copyOfObjects(rig.objectStore, (key, body) => {
      if (key === entryKeys[1]) return two;
      return key === entryKeys[2] ? one : body;
    });
    assert.deepEqual(firstOf(await verified(rig, { objectStore: exchanged })), {
      kind: 'entry-malformed',
      objectKey: entryKeys[1],
      position: 3,
      stream: sessionB,
      revision: 0,
    });
  });

  it('a truncated log is noticed by a witness, by its marks, and by a checkpoint kept elsewhere', async () => {
    const rig = await honestLedger();
    const truncated = await copyOfObjects(rig.objectStore, (key, body) =>
      key === entryKeys[2] ? null : body,
    );
    const last = rig.notes[2] ?? '';
    for (const known of [{ witnesses: [witnessOf(...rig.notes)] }, { checkpoints: [last] }]) {
      const proof = await verified(rig, { objectStore: truncated, eventStore: null, ...known });
      assert.deepEqual(firstOf(proof), { kind: 'log-truncated', position: 5 });
    }
    const byMarks = await verified(rig, { objectStore: truncated, eventStore: null });
    const { kind, stream } = firstOf(byMarks);
    assert.deepEqual([kind, stream], ['mark-wrong', sessionB]);
  });

  it('a whole older repository is noticed by a witness alone', async () => {
    const rig = await honestLedger();
    const older = await copyOfObjects(rig.objectStore);
    const note = await rig.record(sessionA, 7);
    const proof = await verified(rig, {
      objectStore: older,
      witnesses: [witnessOf(note ?? '')],
    });
    assert.deepEqual(firstOf(proof), { kind: 'log-truncated', position: 7 });
  });

  it('an inserted record is noticed, however well it is made up without the key', async () => {
    const rig = await honestLedger();
    const objectStore = await withEntries(rig.objectStore, (entry, index) =>
      index === 1
        ? {
            ...changeSegment(entry, ({ records }) => ({ records: [...records, ...records] })),
            frontier: { size: 7, subtrees: [1, 2, 3].map(() => new Uint8Array(32)) },
          }
        : entry,
    );
    const { kind, stream, revision } = firstOf(await verified(rig, { objectStore }));
    assert.deepEqual([kind, stream, revision], ['record-altered', instanceA, 2]);
  });

  it('an entry that is put at the end without a good signature is noticed', async () => {
    const rig = await honestLedger();
    const other = await honestLedger();
    const foreign = await bodyOf(other.objectStore, 0);
    const appended = await copyOfObjects(rig.objectStore);
    const decoded = decodeLogEntry(foreign);
    assert.ok(decoded !== null);
    const size = 7 + 3;
    const moved: LogEntry = {
      ...changeSegment(decoded, () => ({ firstRevision: 3 })),
      firstLeaf: 7,
      frontier: { size, subtrees: [new Uint8Array(32), new Uint8Array(32)] },
    };
    await appended.create(entryKey(7), encodeLogEntry(moved));
    const { kind, position } = firstOf(await verified(rig, { objectStore: appended }));
    assert.deepEqual([kind, position], ['record-altered', 7]);
  });

  it('a log signed anew with another key is noticed', async () => {
    const rig = await honestLedger();
    const forger = await testLogKeys(66);
    const objectStore = await resigned(rig.objectStore, forger.signer, (entry) => entry);
    assert.deepEqual(firstOf(await verified(rig, { objectStore })), {
      kind: 'signature-wrong',
      objectKey: entryKeys[0],
      position: 0,
      stream: sessionA,
      revision: 0,
    });
  });

  it('a log that was rewritten with its own key is noticed by a witness alone', async () => {
    const rig = await honestLedger();
    // The order of session A and the instance: nothing else tells which came first.
    const other = await sealedLedgerRig({ eventStore: rig.eventStore });
    await other.writer.seal([{ stream: instanceA, subject: instanceA }]);
    await other.writer.seal([
      { stream: sessionA, subject: instanceA },
      { stream: sessionB, subject: instanceA },
    ]);
    const { objectStore } = other;
    assert.deepEqual((await verified(rig, { objectStore })).findings, []);
    const proof = await verified(rig, { objectStore, witnesses: [witnessOf(...rig.notes)] });
    assert.deepEqual(firstOf(proof), { kind: 'log-rewritten', position: 2 });
  });

  it('a witness that was given forged checkpoints is noticed', async () => {
    const rig = await honestLedger();
    const { signer } = await testLogKeys(66);
    const root = new Uint8Array(32);
    const forged = signCheckpoint({ origin: signer.name, size: 3, root }, signer);
    const proof = await verified(rig, { witnesses: [witnessOf(forged)] });
    assert.deepEqual(firstOf(proof), { kind: 'witness-foreign', position: 3 });
  });

  it('a lost key of a subject is noticed, and the log still holds', async () => {
    const rig = await honestLedger();
    const objectStore = await copyOfObjects(rig.objectStore, (key, body) =>
      key.startsWith('ledger/subjects/') ? null : body,
    );
    const { kind, stream, revision } = firstOf(await verified(rig, { objectStore }));
    assert.deepEqual([kind, stream, revision], ['record-unreadable', sessionA, 0]);
  });

  it('a record that was sealed a second time takes nothing from the proof, and another one is a forgery', async () => {
    const same = await ledgerSealedTwice(1);
    const proof = await verified(same);
    assert.deepEqual(proof.findings, []);
    assert.deepEqual([proof.size, proof.repeated, proof.streams], [4, 1, 2]);

    const other = await ledgerSealedTwice(9);
    assert.deepEqual(firstOf(await verified(other)), {
      kind: 'records-out-of-order',
      objectKey: entryKey(3),
      position: 3,
      stream: sessionA,
      revision: 0,
    });
  });

  it('an entry that is cut off is named by the first event that it had', async () => {
    const rig = await honestLedger();
    const objectStore = await copyOfObjects(rig.objectStore, (key, body) =>
      key === entryKeys[1] ? body.subarray(0, body.length / 2) : body,
    );
    const proof = await verified(rig, { objectStore });
    assert.deepEqual(firstOf(proof), {
      kind: 'entry-malformed',
      objectKey: entryKeys[1],
      position: 3,
      stream: instanceA,
      revision: 0,
    });
    assert.match(proof.findings[0]?.message ?? '', /cannot be read: it was cut off or overwritten/);
  });

  it('an entry that is overwritten, or lacks a part, is named by the first event that is gone', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3);
    const loaded = await rig.ledger.load(instanceA, counter);
    await rig.ledger.append(loaded, counted(7), 'Count', counter);
    await rig.record(sessionB, 4);
    await rig.record(sessionA, 5);
    await rig.writer.seal([ofWeb1(instanceA), ofWeb1(sessionB)]);
    const [key] = [entryKey(3)];
    const place = { objectKey: key, position: 3, stream: sessionB, revision: 0 };
    const garbage = await copyOfObjects(rig.objectStore, (one, body) =>
      one === key ? Uint8Array.of(1, 2, 3) : body,
    );
    const overwritten = await verified(rig, { objectStore: garbage });
    assert.deepEqual(firstOf(overwritten), { kind: 'entry-malformed', ...place });
  });

  it('a part of an entry that is taken out is named by its first event', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3);
    for (const stream of [instanceA, sessionB]) {
      const loaded = await rig.ledger.load(stream, counter);
      await rig.ledger.append(loaded, counted(7), 'Count', counter);
    }
    await rig.writer.seal([ofWeb1(sessionB), ofWeb1(instanceA)]);
    for (const [at, gone] of [sessionB, instanceA].entries()) {
      const objectStore = await copyOfObjects(rig.objectStore, (one, body) => {
        if (one !== entryKey(3)) return body;
        const json = JSON.parse(Buffer.from(body).toString('utf8')) as { segments: unknown[] };
        json.segments = json.segments.toSpliced(at, 1);
        return Buffer.from(JSON.stringify(json));
      });
      const proof = await verified(rig, { objectStore });
      assert.deepEqual(firstOf(proof), {
        kind: 'records-missing',
        objectKey: entryKey(3),
        position: 3,
        stream: gone,
        revision: 0,
      });
      assert.match(proof.findings[0]?.message ?? '', /for 2 in this entry, which has 1; with it/);
    }
  });

  it('a copy of an entry under a name where none begins is named by what it holds', async () => {
    const rig = await honestLedger();
    const objectStore = await copyOfObjects(rig.objectStore);
    const key = entryKey(4);
    await objectStore.create(key, await bodyOf(rig.objectStore, 0));
    const proof = await verified(rig, { objectStore });
    assert.deepEqual(firstOf(proof), {
      kind: 'entry-malformed',
      objectKey: key,
      position: 5,
      stream: sessionA,
      revision: 0,
    });
    assert.match(proof.findings[0]?.message ?? '', /is no entry of the log/);
  });

  it('a mark that is not what the log says is noticed', async () => {
    const rig = await honestLedger();
    const key = `ledger/streams/${instanceA}/0000000002` as ObjectKey;
    const objectStore = await copyOfObjects(rig.objectStore, (one, body) =>
      one === key ? body.map((byte, at) => (at === 5 ? byte ^ 1 : byte)) : body,
    );
    const place = { objectKey: key, stream: instanceA, revision: 1 };
    assert.deepEqual(firstOf(await verified(rig, { objectStore })), {
      kind: 'mark-wrong',
      ...place,
    });
  });

  it('a mark that claims more than the log has is noticed', async () => {
    const rig = await honestLedger();
    const objectStore = await copyOfObjects(rig.objectStore);
    const key = `ledger/streams/${instanceA}/0000000009` as ObjectKey;
    await objectStore.create(key, new Uint8Array(32));
    assert.deepEqual(firstOf(await verified(rig, { objectStore })), {
      kind: 'mark-wrong',
      objectKey: key,
      stream: instanceA,
      revision: 2,
    });
  });
});

describe('in the event store', () => {
  const deeds: readonly {
    readonly what: string;
    readonly tamper: (events: readonly RecordedEvent[]) => readonly RecordedEvent[];
    readonly finding: Partial<LedgerFinding>;
  }[] = [
    {
      what: 'a stream that is removed',
      tamper: () => [],
      finding: { kind: 'store-record-missing', stream: sessionA, revision: 0 },
    },
    {
      what: 'an end that is cut off, or an older copy',
      tamper: (events) => events.slice(0, 2),
      finding: { kind: 'store-record-missing', stream: sessionA, revision: 2 },
    },
    {
      what: 'the last record altered',
      tamper: (events) => events.map((one, at) => (at === 2 ? { ...one, data: otherData } : one)),
      finding: { kind: 'store-record-altered', stream: sessionA, revision: 2 },
    },
    {
      what: 'a record altered and everything after it chained anew',
      tamper: (events) => rechained(events, 1),
      finding: { kind: 'store-record-altered', stream: sessionA, revision: 1 },
    },
    {
      what: 'two records in another order',
      tamper: ([first, second, ...rest]) =>
        first === undefined || second === undefined
          ? []
          : [
              { ...second, revision: first.revision },
              { ...first, revision: second.revision },
              ...rest,
            ],
      finding: { kind: 'store-record-altered', stream: sessionA, revision: 0 },
    },
    {
      what: 'a record inserted',
      tamper: (events) =>
        events
          .toSpliced(1, 0, ...events.slice(0, 1))
          .map((one, at) => ({ ...one, revision: at as typeof one.revision })),
      finding: { kind: 'store-record-altered', stream: sessionA, revision: 1 },
    },
  ];
  for (const { what, tamper, finding } of deeds) {
    it(`${what} is noticed and named`, async () => {
      const rig = await honestLedger();
      const eventStore = storeWith(rig.eventStore, sessionA, tamper);
      const proof = await verified(rig, { eventStore });
      assert.deepEqual(firstOf(proof), finding);
      assert.equal(proof.findings.length, 1, 'the first of the stream, and no other stream');
      assert.equal(proof.size, 7, 'the log itself is proven');
    });
  }

  it('a chain that breaks where nothing is sealed yet is noticed too', async () => {
    const rig = await honestLedger();
    const corrupt = new SnapledgerError('LEDGER_CORRUPT', 'a stream is broken before its event 7', {
      details: { stream: 'session-new', revision: 7 },
    });
    const proof = await verified(rig, {
      endedSessions: () => Promise.resolve({ broken: [corrupt] }),
    });
    assert.deepEqual(firstOf(proof), { kind: 'store-broken', stream: 'session-new', revision: 7 });
    assert.equal(proof.size, 7);
  });

  it('every chain that breaks is noticed, and the sessions of all others are still told', async () => {
    const rig = await honestLedger();
    const broken = ['1', '2'].map((name) => ({
      sessionId: name as SessionId,
      stream: `session-${name}` as StreamName,
      error: new SnapledgerError('LEDGER_CORRUPT', `session-${name} is broken`, {
        details: { stream: `session-${name}`, revision: 1 },
      }),
    }));
    const other = { sessionId: '3' as SessionId, stream: 'session-3' as StreamName };
    const endedSessions = (): Promise<EndedSessions> =>
      Promise.resolve({ ended: [other], unreadable: broken });
    const proof = await verified(rig, { endedSessions });
    assert.deepEqual(
      proof.findings.map(({ kind, stream }) => [kind, stream]),
      [
        ['store-broken', 'session-1'],
        ['store-broken', 'session-2'],
      ],
    );
    assert.deepEqual(proof.unsealedSessions, ['3']);
    assert.deepEqual(proof.newerSessions, []);
  });

  it('a stream that a newer version wrote to is told of, and keeps nothing else from being proven', async () => {
    const rig = await honestLedger();
    const message = 'event 3 is of a type that this version does not know';
    const newer = {
      sessionId: 'a' as SessionId,
      stream: sessionA,
      error: new SnapledgerError('UNKNOWN_EVENT', message),
    };
    const endedSessions = (): Promise<EndedSessions> =>
      Promise.resolve({ ended: [], unreadable: [newer] });
    const proof = await verified(rig, { endedSessions });
    assert.deepEqual(proof.findings, []);
    assert.deepEqual(proof.newerSessions, [{ sessionId: 'a', message }]);
    assert.equal(proof.size, 7);
  });

  it('a session that had ended before a newer version wrote to it is known to have', async () => {
    const rig = await honestLedger();
    const open = { sessionId: 'b' as SessionId, stream: sessionB };
    const ended = { sessionId: 'a' as SessionId, stream: sessionA };
    const error = new SnapledgerError('UNKNOWN_EVENT', 'event 3 is of an unknown type');
    const proof = await verified(rig, {
      endedSessions: () =>
        Promise.resolve({
          ended: [ended],
          unreadable: [
            { ...ended, error },
            { ...open, error },
          ],
        }),
    });
    assert.deepEqual(
      proof.newerSessions.map(({ sessionId }) => sessionId),
      ['b'],
    );
  });

  it('a file that cannot be read is said once, with how many streams that is and which is the first', async () => {
    const rig = await honestLedger();
    const proof = await verified(rig, { eventStore: unreadable(rig.eventStore, () => 'damaged') });
    const place = { kind: 'store-broken', stream: sessionA, revision: 0 };
    assert.deepEqual(firstOf(proof), place);
    assert.equal(proof.findings.length, 1);
    assert.equal(
      proof.findings[0]?.message,
      `The ledger is damaged. It cannot give 3 sealed streams, the first of them the stream '${sessionA}' from its event 0 on.`,
    );
    assert.equal(proof.size, 7, 'the log itself is proven');
  });

  for (const atOnce of [1, 2, 256]) {
    it(`a file that can be read up to the middle of a stream is named by the event after that: ${atOnce} at once`, async () => {
      const rig = await sealedLedgerRig();
      await rig.record(sessionA, 1, 2);
      await rig.record(sessionA, 3, 4, 5, 6, 7);
      const eventStore = unreadableFrom(rig.eventStore, 3, () => 'damaged', atOnce);
      const proof = await verified(rig, { eventStore });
      const place = { kind: 'store-broken', stream: sessionA, revision: 3 };
      assert.deepEqual(firstOf(proof), place);
      assert.equal(proof.findings.length, 1);
      assert.match(proof.findings[0]?.message ?? '', /from its event 3 on/);
    });
  }

  it('a record that is altered before what cannot be read is named, and not what follows it', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3, 4, 5);
    const altered = storeWith(rig.eventStore, sessionA, (events) => rechained(events, 1));
    const eventStore = unreadableFrom(altered, 3, () => 'damaged', 256);
    const place = { kind: 'store-record-altered', stream: sessionA, revision: 1 };
    assert.deepEqual(firstOf(await verified(rig, { eventStore })), place);
  });

  it('a stream whose events can only be read one by one is named by the first that came not with the others', async () => {
    const rig = await sealedLedgerRig();
    await rig.record(sessionA, 1, 2, 3, 4, 5);
    const eventStore: EventStore = {
      ...unreadable(rig.eventStore, () => 'damaged'),
      async *readStream(name, options) {
        if (options?.limit !== 1) throw damaged('damaged');
        yield* rig.eventStore.readStream(name, options);
      },
    };
    const place = { kind: 'store-broken', stream: sessionA, revision: 0 };
    assert.deepEqual(firstOf(await verified(rig, { eventStore })), place);
  });

  it('other damage than what was found is said, however much was found', async () => {
    const rig = await honestLedger();
    const eventStore = storeWith(rig.eventStore, instanceA, (events) => events.slice(0, 1));
    const endedSessions = (): Promise<EndedSessions> =>
      Promise.resolve({ broken: [damaged('damaged elsewhere')] });
    const { findings } = await verified(rig, { eventStore, endedSessions });
    assert.deepEqual(
      findings.map(({ kind, message }) => [kind, message.slice(0, 28)]),
      [
        ['store-record-missing', 'the event store lacks event '],
        ['store-broken', 'The ledger is damaged elsewh'],
      ],
    );
  });

  it('failures that are not the same are each said, with their stream', async () => {
    const rig = await honestLedger();
    const said = (stream: StreamName): string => `damaged at ${stream}`;
    const proof = await verified(rig, { eventStore: unreadable(rig.eventStore, said) });
    assert.deepEqual(
      proof.findings.map(({ message }) => message),
      [sessionA, instanceA, sessionB].map(
        (stream) =>
          `The ledger is damaged at ${stream}. It cannot give the stream '${stream}' from its event 0 on.`,
      ),
    );
  });

  it('a file that cannot be read is not said again because the sessions that ended cannot be told', async () => {
    const rig = await honestLedger();
    const eventStore = unreadable(rig.eventStore, () => 'damaged');
    const endedSessions = (): Promise<EndedSessions> =>
      Promise.resolve({ broken: [damaged('damaged')] });
    assert.equal((await verified(rig, { eventStore, endedSessions })).findings.length, 1);
    const sound = await verified(rig, { endedSessions });
    assert.deepEqual(sound.findings, [{ kind: 'store-broken', message: 'The ledger is damaged.' }]);
  });

  it('a claim of an instance that is removed is noticed', async () => {
    const rig = await honestLedger();
    const eventStore = storeWith(rig.eventStore, instanceA, (events) => events.slice(0, 1));
    assert.deepEqual(firstOf(await verified(rig, { eventStore })), {
      kind: 'store-record-missing',
      stream: instanceA,
      revision: 1,
    });
  });
});

async function bodyOf(objectStore: ObjectStore, index: number): Promise<Uint8Array> {
  const key = entryKeys[index];
  assert.ok(key !== undefined);
  return objectStore.get(key);
}

/** Other data at one revision, and links that fit again: what a careful forger leaves. */
function rechained(events: readonly RecordedEvent[], from: number): readonly RecordedEvent[] {
  const chain: RecordedEvent[] = [];
  for (const [at, event] of events.entries()) {
    const before = chain.at(-1);
    const changed = at === from ? { ...event, data: otherData } : event;
    const metadata =
      before === undefined || at <= from
        ? changed.metadata
        : { ...changed.metadata, previousHash: recordHash(before.stream, before.revision, before) };
    chain.push({ ...changed, metadata });
  }
  return chain;
}
