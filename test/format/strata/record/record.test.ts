import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { gcm } from '@noble/ciphers/aes.js';
import fc from 'fast-check';
import { detailText } from '../../../../src/domain/errors/detail-text.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import {
  zstdParameters,
  type CompressionEffort,
} from '../../../../src/format/compression-effort.ts';
import { blockIdOf, recordIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import { decodeRecord } from '../../../../src/format/strata/record/decode-record.ts';
import {
  encodeRecord,
  recordMaxSizeBytes,
} from '../../../../src/format/strata/record/encode-record.ts';
import type { RecordKind } from '../../../../src/format/strata/record/record-header.ts';

const [repositoryIdBytes, sessionIdBytes] = [filled(16, 1), filled(16, 2)];
const [idKey, kindKey, nonce] = [filled(32, 3), filled(32, 4), filled(12, 5)];
const efforts = Object.keys(zstdParameters) as readonly CompressionEffort[];
const location = { objectKey: 'packs/s/p', range: { offset: 40, lengthBytes: 1 } };

function encode(
  plain: Uint8Array,
  options: { readonly kind?: RecordKind; readonly compression?: CompressionEffort | 'none' } = {},
): Uint8Array {
  const { kind = 'block', compression = 'light' } = options;
  const out = new Uint8Array(recordMaxSizeBytes(plain.length));
  const id = recordIdOf(idKey, plain);
  const record = { kind, id, plain, kindKey, sessionIdBytes, repositoryIdBytes, nonce };
  return out.slice(0, encodeRecord({ ...record, compression }, out));
}

function decode(
  bytes: Uint8Array,
  id: Uint8Array,
  changed: Partial<Parameters<typeof decodeRecord>[0]> = {},
): Uint8Array {
  return decodeRecord({
    bytes,
    expected: { kind: 'block', id },
    idKey,
    kindKeyOf: () => kindKey,
    repositoryIdBytes,
    location,
    ...changed,
  });
}

const contents = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 300 }))
  .map(([bytes, times]) => new Uint8Array(Buffer.concat(new Array<Uint8Array>(times).fill(bytes))));

describe('a record', () => {
  it('gives its content back, compressed or not', () => {
    fc.assert(
      fc.property(contents, fc.constantFrom(...efforts, 'none' as const), (plain, compression) => {
        const record = encode(plain, { compression });

        assert.deepEqual(Buffer.from(decode(record, recordIdOf(idKey, plain))), Buffer.from(plain));
        assert.ok(record.length <= plain.length + 92);
      }),
    );
  });

  it('is AES-256-GCM as an independent implementation has it, over the bytes of docs/strata.md', () => {
    const plain = Buffer.from('a block of a disk '.repeat(1000));
    const record = Buffer.from(encode(plain));

    const id = createHmac('sha256', idKey)
      .update(createHash('sha256').update(plain).digest())
      .digest();
    assert.equal(record.toString('ascii', 0, 4), 'SLR1');
    assert.deepEqual([...record.subarray(4, 8)], [1, 1, 1, 0]);
    assert.deepEqual(record.subarray(8, 40), id);
    assert.equal(record.readUInt32LE(40), plain.length);
    assert.equal(record.readUInt32LE(44), record.length - 92);
    assert.deepEqual(record.subarray(48, 64), Buffer.from(sessionIdBytes));
    assert.deepEqual(record.subarray(64, 76), Buffer.from(nonce));
    const key = createHmac('sha256', kindKey).update(id).digest();
    const aad = Buffer.concat([repositoryIdBytes, record.subarray(0, 76)]);
    const body = gcm(key, nonce, aad).decrypt(record.subarray(76));
    assert.deepEqual(zstdDecompressSync(body), plain);
  });

  it('written by that implementation is read', () => {
    const plain = Buffer.from('stored as it is');
    const id = recordIdOf(idKey, plain);
    const header = Buffer.from(encode(plain, { compression: 'none' })).subarray(0, 76);
    const key = createHmac('sha256', kindKey).update(id).digest();
    const aad = Buffer.concat([repositoryIdBytes, header]);
    const record = Buffer.concat([header, gcm(key, nonce, aad).encrypt(plain)]);

    assert.deepEqual(decode(record, id), plain);
  });

  it('stores the content raw unless zstd saves at least a thirty-second', () => {
    const noise = createHash('shake256', { outputLength: 4096 }).update('noise').digest();

    assert.equal(encode(noise).length, 4096 + 92);
    assert.ok(encode(Buffer.alloc(4096, 'text')).length < 200);
  });

  it('is refused with any bit flipped', () => {
    const plain = Buffer.from('some content of a block, some content of a block, some content');
    const id = recordIdOf(idKey, plain);
    const record = encode(plain);
    for (let bit = 0; bit < record.length * 8; bit += 1) {
      const damaged = record.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));

      assert.throws(() => decode(damaged, id), isCorrupt(/./), `bit ${bit}`);
    }
  });

  it('is refused when cut short or followed by more', () => {
    const plain = Buffer.from('content');
    const id = recordIdOf(idKey, plain);
    const record = encode(plain);
    for (let length = 0; length < record.length; length += 1) {
      assert.throws(() => decode(record.subarray(0, length), id), isCorrupt(/./));
    }
    assert.throws(() => decode(Buffer.concat([record, record]), id), isCorrupt(/length/));
  });

  it('is refused as another kind, under another key, in another repository or for another id', () => {
    const plain = Buffer.from('content');
    const id = recordIdOf(idKey, plain);
    const record = encode(plain);
    const otherKey = filled(32, 9);

    const refusals: [Partial<Parameters<typeof decodeRecord>[0]>, RegExp][] = [
      [{ expected: { kind: 'map-node', id } }, /a block is where a map-node is meant/],
      [{ expected: { kind: 'block', id: filled(32, 9) } }, /another record/],
      [{ expected: { kind: 'block', id, plainLengthBytes: 8 } }, /7 bytes instead of 8/],
      [{ kindKeyOf: () => otherKey }, /not authentic/],
      [{ kindKeyOf: () => null }, /unknown session/],
      [{ repositoryIdBytes: filled(16, 9) }, /not authentic/],
      [{ idKey: otherKey }, /does not have the id/],
    ];
    for (const [changed, reason] of refusals) {
      assert.throws(() => decode(record, id, changed), isCorrupt(reason));
    }
  });

  it('is refused when a writer with the key put other content under an id', () => {
    const id = blockIdOf(idKey, filled(32, 7));
    const plain = Buffer.from('not what the id says');
    const out = new Uint8Array(recordMaxSizeBytes(plain.length));
    const record = {
      kind: 'block',
      id,
      plain,
      kindKey,
      sessionIdBytes,
      repositoryIdBytes,
    } as const;
    const length = encodeRecord({ ...record, nonce, compression: 'light' }, out);

    assert.throws(() => decode(out.subarray(0, length), id), isCorrupt(/does not have the id/));
  });
});

function isCorrupt(reason: RegExp): (error: unknown) => boolean {
  return (error) =>
    hasErrorCode(error, 'OBJECT_CORRUPT') &&
    error.details['objectKey'] === 'packs/s/p' &&
    reason.test(detailText(error, 'reason') ?? '');
}

function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}
