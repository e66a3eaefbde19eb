import assert from 'node:assert/strict';
import { createDecipheriv, createHash, createHmac, createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createMemoryEventStore } from '../../src/adapters/memory/event-store.ts';
import type { EngineId, TimestampMs } from '../../src/domain/identifiers.ts';
import { backupCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { Ledger, type Loaded } from '../../src/engine/ledger/ledger.ts';
import { recordHash } from '../../src/engine/ledger/record-hash.ts';
import { signCheckpoint } from '../../src/engine/transparency-log/checkpoint.ts';
import { openRecord, sealRecord } from '../../src/engine/transparency-log/sealed-record.ts';
import { createNoteSigner, formatNoteKey } from '../../src/engine/transparency-log/signed-note.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';
import type { RandomSource } from '../../src/ports/random-source.ts';
import type { SealedValue } from '../../src/domain/shape/sealed-value.ts';
import type { NewEvent, RecordedEvent, Revision, StreamName } from '../../src/ports/event-store.ts';
import { constantRandom } from '../support/random/constant-random.ts';
import { openValue, sealValue } from '../../src/engine/sensitive/sealed-values.ts';
import {
  sensitiveKeyOf,
  sensitiveWrappingKeyFrom,
} from '../../src/engine/sensitive/sensitive-key.ts';
import { SensitiveKeys } from '../../src/engine/sensitive/sensitive-keys.ts';
import { sensitiveKeyKey } from '../../src/engine/transparency-log/log-objects.ts';
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts';

interface Vector {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly engineId: EngineId;
  readonly type: string;
  readonly id: string;
  readonly schemaVersion: number;
  readonly recordedAt: TimestampMs;
  readonly actor: string;
  readonly engineVersion: string;
  readonly cause: string;
  readonly previousHash: string;
  readonly dataHex: string;
  readonly recordHash: string;
}

interface SensitiveVector {
  readonly stream: string;
  readonly type: string;
  readonly path: string;
  readonly secret: string;
  readonly value: unknown;
  readonly field: SealedValue;
  readonly readKey: string;
  readonly secretNonce: string;
  readonly sealedSecretBase64: string;
}

interface SealedVector {
  readonly subject: string;
  readonly subjectKey: string;
  readonly nonce: string;
  readonly salt: string;
  readonly commitment: string;
  readonly sealedBase64: string;
  readonly sealedDigest: string;
  readonly leaf: string;
  readonly signingSeed: string;
  readonly publicKey: string;
  readonly checkpoint: string;
}

const page = await readFile(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
const [firstVector = '', sensitiveText = '', secondVector = ''] = [
  ...page.matchAll(/```json\n([\s\S]*?)```/g),
].map(([, json]) => json);
const vector = JSON.parse(firstVector) as Vector;
const sensitiveVector = JSON.parse(sensitiveText) as SensitiveVector;
const sealedVector = JSON.parse(secondVector) as SealedVector;

function vectorEvent(): NewEvent {
  const { id, type, schemaVersion, recordedAt, actor, engineVersion, cause, previousHash } = vector;
  const metadata = { schemaVersion, recordedAt, actor, engineVersion, cause, previousHash };
  return { id, type, data: Buffer.from(vector.dataHex, 'hex'), metadata };
}

describe('the test vector of docs/ledger.md', () => {
  it('is what the text above it says, done by hand', () => {
    const texts = [
      'snapledger/ledger/1/record',
      vector.stream,
      String(vector.revision),
      vector.type,
      vector.id,
      String(vector.schemaVersion),
      String(vector.recordedAt),
      vector.actor,
      vector.engineVersion,
      vector.cause,
      vector.previousHash,
    ];
    const fields = [...texts.map((text) => Buffer.from(text)), Buffer.from(vector.dataHex, 'hex')];
    const hashed = fields.flatMap((bytes) => {
      const { length } = bytes;
      return [Buffer.of(length & 255, (length >> 8) & 255, (length >> 16) & 255, 0), bytes];
    });
    const hash = createHash('sha256').update(Buffer.concat(hashed)).digest('hex');
    assert.equal(hash, vector.recordHash);
  });

  it('is what the ledger computes', () => {
    assert.equal(recordHash(vector.stream, vector.revision, vectorEvent()), vector.recordHash);
  });

  it('is an event that the ledger reads, and writes the same way', async () => {
    const { stream, revision, engineId, actor, engineVersion, recordedAt } = vector;
    const recorded: RecordedEvent = {
      ...vectorEvent(),
      stream,
      revision,
      position: '1' as RecordedEvent['position'],
    };
    const event = decodeEvent(recorded, backupCatalogue);
    const appended: NewEvent[] = [];
    const ledger = new Ledger({
      eventStore: {
        ...createMemoryEventStore(),
        append: (_stream, _expected, events) => {
          appended.push(...events);
          return Promise.resolve({ revision });
        },
      },
      clock: { now: () => recordedAt, sleep: () => Promise.resolve() },
      random: constantRandom(255),
      engineId,
      actor,
      engineVersion,
      retryPolicy: { attemptsMax: 1, firstDelayMs: 1, delayMaxMs: 1 },
    });
    const before: Loaded<null> = {
      stream,
      state: null,
      revision: (revision - 1) as Revision,
      lastHash: vector.previousHash,
    };
    const aggregate = { catalogue: backupCatalogue, initial: null, evolve: () => null };
    const after = await ledger.append(before, [event], vector.cause, aggregate);
    assert.equal(after.lastHash, vector.recordHash);
    assert.equal(appended[0]?.id, vector.id);
    assert.equal(Buffer.from(appended[0].data).toString('hex'), vector.dataHex);
  });
});

/** Texts as UTF-8, bytes as they are, each preceded by its length. */
function fields(...values: readonly (string | Uint8Array)[]): Buffer {
  const parts = values.flatMap((value) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}

function fromHex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

describe('the sealed vector of docs/ledger.md', () => {
  const { stream, revision } = vector;
  const { subject } = sealedVector;
  const subjectKey = fromHex(sealedVector.subjectKey);
  const sealed = Buffer.from(sealedVector.sealedBase64, 'base64');

  it('is what the text above it says, done by hand', () => {
    const sha256 = (...parts: readonly Uint8Array[]): string =>
      createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    const salt = createHmac('sha256', subjectKey)
      .update(fields('snapledger/ledger/1/salt', stream, String(revision)))
      .digest();
    assert.equal(salt.toString('hex'), sealedVector.salt);
    const commitment = sha256(fields('snapledger/ledger/1/commitment', salt, vector.recordHash));
    assert.equal(commitment, sealedVector.commitment);
    assert.equal(sha256(sealed), sealedVector.sealedDigest);

    const decipher = createDecipheriv('aes-256-gcm', subjectKey, sealed.subarray(0, 12));
    decipher.setAAD(fields('snapledger/ledger/1/sealed-record', stream, String(revision), subject));
    decipher.setAuthTag(sealed.subarray(-16));
    const opened = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    assert.equal(sha256(opened), vector.recordHash);

    const leaf = fields(
      'snapledger/ledger/1/leaf',
      stream,
      String(revision),
      subject,
      fromHex(commitment),
      fromHex(sealedVector.sealedDigest),
    );
    assert.equal(sha256(Buffer.of(0), leaf), sealedVector.leaf);

    const [name = '', keyId = '', encoded = ''] = sealedVector.publicKey.split('+');
    const key = Buffer.from(encoded, 'base64');
    assert.equal(sha256(Buffer.from(`${name}\n`), key).slice(0, 8), keyId);
    const [text = '', signatureLine = ''] = sealedVector.checkpoint.split('\n\n');
    assert.equal(text, `${name}\n1\n${fromHex(sealedVector.leaf).toString('base64')}`);
    const signature = Buffer.from(signatureLine.split(' ')[2] ?? '', 'base64');
    assert.equal(signature.subarray(0, 4).toString('hex'), keyId);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: key.subarray(1).toString('base64url') },
      format: 'jwk',
    });
    assert.ok(verify(null, Buffer.from(`${text}\n`), publicKey, signature.subarray(4)));
  });

  it('is what the ledger makes', () => {
    const random: RandomSource = {
      bytes: () => new Uint8Array(fromHex(sealedVector.nonce)),
      uuid: () => '',
    };
    const record = { ...vectorEvent(), stream, revision };
    const made = sealRecord(record, subject, new Uint8Array(subjectKey), random);
    assert.equal(Buffer.from(made.sealed).toString('base64'), sealedVector.sealedBase64);
    assert.equal(Buffer.from(made.leaf).toString('hex'), sealedVector.leaf);
    assert.deepEqual(openRecord(made, { stream, revision, subject }, subjectKey)?.id, vector.id);
    const [name = ''] = sealedVector.publicKey.split('+');
    const signer = createNoteSigner(name, fromHex(sealedVector.signingSeed));
    assert.equal(formatNoteKey(signer), sealedVector.publicKey);
    const checkpoint = { origin: name, size: 1, root: made.leaf };
    assert.equal(signCheckpoint(checkpoint, signer), sealedVector.checkpoint);
  });
});

/** What AES-256-GCM had sealed: nonce (12), ciphertext, tag (16). */
function openedByHand(sealed: Buffer, key: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
}

describe('the sensitive vector of docs/ledger.md', () => {
  const { stream, type, path, value, field } = sensitiveVector;
  const { subject, keyId } = field;
  const secret = fromHex(sensitiveVector.secret);
  const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer =>
    createHmac('sha256', key).update(bytes).digest();
  const label = (name: string): Buffer => fields(`snapledger/ledger/1/sensitive/${name}`);

  it('is what the text above it says, done by hand', () => {
    assert.equal(hmac(secret, label('key-id')).subarray(0, 8).toString('hex'), keyId);
    const context = ['snapledger/ledger/1/sensitive', stream, type, path, subject, keyId];
    const sealed = Buffer.from(field.sealed, 'base64');
    const opened = openedByHand(sealed, hmac(secret, label('encryption')), fields(...context));
    assert.deepEqual(JSON.parse(opened.toString('utf8')), value);
    const nonce = hmac(hmac(secret, label('nonce')), fields(...context, opened)).subarray(0, 12);
    assert.deepEqual(sealed.subarray(0, 12), nonce);

    const wrapping = hmac(fromHex(sensitiveVector.readKey), label('wrapping'));
    const sealedSecret = Buffer.from(sensitiveVector.sealedSecretBase64, 'base64');
    const aad = fields('snapledger/ledger/1/sensitive/secret', subject);
    assert.deepEqual(openedByHand(sealedSecret, wrapping, aad), secret);
    assert.equal(sealedSecret.subarray(0, 12).toString('hex'), sensitiveVector.secretNonce);
  });

  it('is what the ledger makes, again and again, and opens in its own place only', async () => {
    const objectStore = createMemoryObjectStore();
    const secrets = [secret, fromHex(sensitiveVector.secretNonce)];
    const headerKey = 'header' as ObjectKey;
    await objectStore.create(headerKey, new Uint8Array());
    const keys = new SensitiveKeys({
      objectStore,
      headerKey,
      random: { bytes: () => new Uint8Array(secrets.shift() ?? []), uuid: () => '' },
      clock: { now: () => vector.recordedAt, sleep: () => Promise.resolve() },
      wrappingKey: () =>
        Promise.resolve(sensitiveWrappingKeyFrom(fromHex(sensitiveVector.readKey))),
    });
    const key = await keys.obtain(subject);
    const stored = await objectStore.get(sensitiveKeyKey(subject));
    assert.equal(Buffer.from(stored).toString('base64'), sensitiveVector.sealedSecretBase64);
    const place = { stream, type, path };
    assert.deepEqual(sealValue(value, place, subject, key), field);
    assert.deepEqual(sealValue(value, place, subject, key), field);
    assert.deepEqual(openValue(field, place, key), { opened: value });
    for (const elsewhere of [
      { ...place, stream: 'instance-web-2' },
      { ...place, type: 'TagsSeen' },
      { ...place, path: 'hold.reason' },
    ]) {
      assert.equal(openValue(field, elsewhere, key), null);
    }
    assert.equal(openValue({ ...field, subject: 'instance-web-2' }, place, key), null);
    const other = sensitiveKeyOf(new Uint8Array(32));
    assert.equal(openValue(field, place, other), null);
  });
});
