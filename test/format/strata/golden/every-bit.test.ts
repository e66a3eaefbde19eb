import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../../src/domain/identifiers.ts';
import { readHeader } from '../../../../src/format/strata/header/repository-header.ts';
import {
  deriveSessionKeys,
  type SessionKeys,
} from '../../../../src/format/strata/keys/session-keys.ts';
import type { EpochKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import {
  openSealed,
  sealedEpochOf,
  type SealedKind,
} from '../../../../src/format/strata/object/sealed-object.ts';
import { decodeRecord } from '../../../../src/format/strata/record/decode-record.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { StrataDefect } from '../../../../tools/strata-reader/defect.ts';
import { assertAuthentic, parseHeader } from '../../../../tools/strata-reader/header.ts';
import { openRecord, recordKind } from '../../../../tools/strata-reader/record.ts';
import { openSession } from '../../../../tools/strata-reader/repository.ts';
import {
  openSealed as openSealedSecond,
  sealedKind,
} from '../../../../tools/strata-reader/sealed-object.ts';
import { dependenciesOf, type GoldenRecord } from '../../../support/golden/golden-dependencies.ts';
import {
  type GoldenObjects,
  GoldenReaders,
  readerOf,
} from '../../../support/golden/golden-readers.ts';
import { goldenNames, readGoldenObjects } from '../../../support/golden/golden-repository.ts';

/** How each kind of small object is sealed: which kinds may be in its place, and under which key. */
interface Sealing {
  readonly kinds: readonly SealedKind[];
  readonly keyName: 'wrap' | 'manifest' | 'control';
  readonly secondKinds: readonly number[];
}
const sealings: readonly (readonly [RegExp, Sealing])[] = [
  [/^keys\//, { kinds: ['session-key'], keyName: 'wrap', secondKinds: [sealedKind.sessionKey] }],
  [/^sessions\//, { kinds: ['registration'], keyName: 'wrap', secondKinds: [sealedKind.session] }],
  [
    /^points\/.*\.removed$/,
    { kinds: ['removal-mark'], keyName: 'manifest', secondKinds: [sealedKind.removalMark] },
  ],
  [
    /^points\//,
    {
      kinds: ['manifest', 'tombstone', 'relocation'],
      keyName: 'manifest',
      secondKinds: [sealedKind.manifest, sealedKind.tombstone, sealedKind.relocation],
    },
  ],
  [/^gc\//, { kinds: ['generation'], keyName: 'manifest', secondKinds: [sealedKind.generation] }],
  [
    /^relocations\//,
    { kinds: ['relocation-claim'], keyName: 'manifest', secondKinds: [sealedKind.relocationClaim] },
  ],
  [
    /\/summary$/,
    { kinds: ['plan-summary'], keyName: 'control', secondKinds: [sealedKind.planSummary] },
  ],
  [/\/plan-/, { kinds: ['plan-page'], keyName: 'control', secondKinds: [sealedKind.planPage] }],
  [/\/segments-/, { kinds: ['segment'], keyName: 'control', secondKinds: [sealedKind.segment] }],
];

/** Objects that are no sealed ones: the header and records have tests here, tables in slot-table.test.ts. */
const otherObjects = /^(strata$|packs\/|slots\/)/;

function sealingOf(key: string): Sealing | null {
  const found = sealings.find(([pattern]) => pattern.test(key))?.[1];
  if (found !== undefined) return found;
  assert.match(key, otherObjects, 'every kind of object is known here');
  return null;
}

/** The code of the kind in a sealed object: its sixth byte. */
const kindIn = (bytes: Uint8Array): number => bytes[5] ?? 0;

describe('the golden repositories', () => {
  it('have objects of every kind', async () => {
    const found = new Set<number>();
    for (const name of goldenNames) {
      for (const [key, bytes] of await readGoldenObjects(name)) {
        if (sealingOf(key) !== null) found.add(kindIn(bytes));
      }
    }
    assert.deepEqual(found, new Set(Object.values(sealedKind)));
  });
});

/** Bytes at the beginning in which every bit means something: magic, version, kind, zero. */
const everyBitBytes = 8;

/** Of a long ciphertext every seventh byte is flipped beyond its first 4 KiB. */
const everyByteBytes = 4096;

/** Of each of the first bytes every bit is flipped, of each byte after them one bit. */
function* flipsOf(bytes: Buffer): Generator<Buffer> {
  const changed = Buffer.from(bytes);
  for (let position = 0; position < bytes.length; position += 1) {
    if (position > everyByteBytes && position < bytes.length - 16 && position % 7 !== 0) continue;
    for (let bit = 0; bit < 8; bit += 1) {
      if (position >= everyBitBytes && bit !== position % 8) continue;
      changed.writeUInt8(bytes.readUInt8(position) ^ (1 << bit), position);
      yield changed;
    }
    changed.writeUInt8(bytes.readUInt8(position), position);
  }
}

/** Of larger objects not each shorter length is tried. */
const lengthsTriedMax = 100;

/** The object cut short, and with bytes after its end. */
function* otherLengthsOf(bytes: Buffer): Generator<Buffer> {
  const step = Math.max(1, Math.floor(bytes.length / lengthsTriedMax));
  for (let length = 0; length < bytes.length; length += step) yield bytes.subarray(0, length);
  for (const more of [1, 16, 100]) yield Buffer.concat([bytes, Buffer.alloc(more)]);
}

function refusedByProduct(read: () => unknown, named: string): void {
  try {
    read();
  } catch (error) {
    assert.ok(isSnapledgerError(error) && error.code === 'OBJECT_CORRUPT', String(error));
    assert.ok(error.message.includes(named), error.message);
    return;
  }
  assert.fail(`a change of ${named} went unnoticed`);
}

function refusedBySecond(read: () => unknown, named: string): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof StrataDefect, String(error));
    assert.ok(error.message.includes(named), error.message);
    return;
  }
  assert.fail(`the second reader did not notice a change of ${named}`);
}

for (const name of goldenNames) {
  describe(`every bit of ${name}`, () => {
    let objects: GoldenObjects;
    let readers: GoldenReaders;
    before(async () => {
      objects = await readGoldenObjects(name);
      readers = await GoldenReaders.unlock(objects);
    });

    /** The epoch that a sealed object says it is of, and the keys of it. */
    const epochOf = (key: string): { readonly epoch: number; readonly key: EpochKeys } => {
      const epoch = sealedEpochOf(objects.get(key) ?? assert.fail(key));
      return { epoch, key: readers.keys.epochs[epoch] ?? assert.fail(`${key} is of ${epoch}`) };
    };

    const sessionKeysOf = (sessionId: string): SessionKeys => {
      const objectKey = `keys/${sessionId}` as ObjectKey;
      const { content } = openSealed({
        bytes: objects.get(objectKey) ?? assert.fail(objectKey),
        kinds: ['session-key'],
        objectKey,
        key: epochOf(objectKey).key.sessionWrapKey,
        epoch: epochOf(objectKey).epoch,
        repositoryIdBytes: readers.keys.repositoryIdBytes,
      });
      return deriveSessionKeys(sessionId as SessionId, content);
    };

    it('counts in the header, also for who can make its checksum right again', () => {
      const header = Buffer.from(objects.get('strata') ?? assert.fail('there is no header'));
      for (const changed of flipsOf(header)) {
        assert.throws(() => readHeader(changed), /checksum|not a header/);
        refusedBySecond(() => parseHeader(changed), 'strata');
      }
      for (const changed of otherLengthsOf(header)) {
        assert.throws(() => readHeader(changed), /size|checksum|not a header/);
        refusedBySecond(() => parseHeader(changed), 'strata');
      }
      const { headerKey } = readers.keys;
      const second = readers.second(objects);
      for (const changed of flipsOf(Buffer.from(header.subarray(0, -32)))) {
        const forged = Buffer.concat([changed, createHash('sha256').update(changed).digest()]);
        assert.throws(
          () => {
            readHeader(forged).authenticate(headerKey);
          },
          { code: /OBJECT_CORRUPT|NOT_A_REPOSITORY|REPOSITORY_VERSION/ },
        );
        refusedBySecond(() => {
          assertAuthentic(parseHeader(forged), second.keys.header);
        }, 'strata');
      }
    });

    it('counts in every sealed object, and so does its length', () => {
      const second = readers.second(objects);
      let changes = 0;
      for (const [key, bytes] of objects) {
        const sealing = sealingOf(key);
        if (sealing === null) continue;
        const sessionId = key.split('/')[1] ?? '';
        const productKey = {
          wrap: () => epochOf(key).key.sessionWrapKey,
          manifest: () => epochOf(key).key.manifestKey,
          control: () => sessionKeysOf(sessionId).controlKey,
        }[sealing.keyName]();
        const { epoch } = epochOf(key);
        const secondKey = {
          wrap: () => second.epochs.map(({ wrap }) => wrap),
          manifest: () => second.epochs.map(({ manifest }) => manifest),
          control: () => openSession(second, sessionId).control,
        }[sealing.keyName]();
        const open = (changed: Buffer): unknown =>
          openSealed({
            bytes: changed,
            kinds: sealing.kinds,
            objectKey: key as ObjectKey,
            key: productKey,
            epoch,
            repositoryIdBytes: readers.keys.repositoryIdBytes,
          });
        const openSecond = (changed: Buffer): unknown =>
          openSealedSecond(readerOf(new Map([[key, changed]])), key, {
            repositoryId: second.repositoryId,
            sealKey: secondKey,
            kinds: sealing.secondKinds,
          });
        open(Buffer.from(bytes));
        openSecond(Buffer.from(bytes));
        for (const make of [flipsOf, otherLengthsOf]) {
          for (const changed of make(Buffer.from(bytes))) {
            refusedByProduct(() => open(changed), key);
            refusedBySecond(() => openSecond(changed), key);
            changes += 1;
          }
        }
      }
      assert.ok(changes > 3_000, `${changes} changes were tried`);
    });

    it('counts in every record, of blocks and of map nodes', () => {
      const second = readers.second(objects);
      const { records } = dependenciesOf(second);
      const kinds = new Set(records.map(({ kind }) => kind));
      assert.deepEqual(kinds, new Set([recordKind.block, recordKind.node]));
      // One of each length and kind: records that differ only in their content have no other fields.
      const distinct = new Map(
        records.map((each) => [`${each.kind} ${each.reference.lengthBytes}`, each]),
      );
      for (const record of distinct.values()) everyBitOfRecord(record);
    });

    function everyBitOfRecord({ kind, reference, plainLength }: GoldenRecord): void {
      const { pack, offset, lengthBytes, sessionId } = reference;
      const second = readers.second(objects);
      const bytes = Buffer.from(
        objects.get(pack)?.subarray(offset, offset + lengthBytes) ?? assert.fail(pack),
      );
      const isBlock = kind === recordKind.block;
      const session = sessionKeysOf(sessionId);
      const secondSession = openSession(second, sessionId);
      const open = (changed: Buffer): unknown =>
        decodeRecord({
          bytes: changed,
          expected: {
            kind: isBlock ? 'block' : 'map-node',
            id: reference.id,
            plainLengthBytes: plainLength,
          },
          idKey: isBlock ? readers.keys.blockIdKey : readers.keys.nodeIdKey,
          kindKeyOf: (sessionIdBytes) => {
            if (Buffer.compare(sessionIdBytes, session.sessionIdBytes) !== 0) return null;
            return isBlock ? session.blockKey : session.nodeKey;
          },
          repositoryIdBytes: readers.keys.repositoryIdBytes,
          location: { objectKey: pack, range: { offset, lengthBytes } },
        });
      const openSecond = (changed: Buffer): unknown =>
        openRecord(changed, pack, {
          repositoryId: second.repositoryId,
          repository: second.keys,
          session: secondSession,
        });
      open(bytes);
      openSecond(bytes);
      for (const make of [flipsOf, otherLengthsOf]) {
        for (const changed of make(bytes)) {
          refusedByProduct(() => open(changed), pack);
          refusedBySecond(() => openSecond(changed), pack);
        }
      }
    }
  });
}
