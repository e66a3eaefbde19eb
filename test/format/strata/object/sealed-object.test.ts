import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gcm } from '@noble/ciphers/aes.js';
import { headerObjectKey } from '../../../../src/format/strata/object/object-keys.ts';
import {
  openSealed,
  sealObject,
  type SealedKind,
} from '../../../../src/format/strata/object/sealed-object.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';

const objectKey = 'points/i-1/s' as ObjectKey;
const key = new Uint8Array(32).fill(1);
const repositoryIdBytes = new Uint8Array(16).fill(2);
const nonce = new Uint8Array(12).fill(3);
const content = Buffer.from('what is sealed');
const sealed = sealObject({ kind: 'manifest', objectKey, key, repositoryIdBytes, nonce, content });

function open(changed: Partial<Parameters<typeof openSealed<SealedKind>>[0]>): string {
  const kinds = ['manifest', 'tombstone'] as const;
  const opened = openSealed<SealedKind>({
    bytes: sealed,
    kinds,
    objectKey,
    key,
    repositoryIdBytes,
    ...changed,
  });
  return `${opened.kind}: ${Buffer.from(opened.content).toString()}`;
}

describe('a sealed object', () => {
  it('opens to its kind and content', () => {
    assert.equal(open({}), 'manifest: what is sealed');
  });

  it('is AES-256-GCM as an independent implementation has it', () => {
    const bytes = Buffer.from(sealed);
    const aad = Buffer.concat([
      Buffer.from('snapledger/strata/1'),
      repositoryIdBytes,
      Uint8Array.of(2),
      Buffer.from(objectKey),
    ]);

    assert.deepEqual([...bytes.subarray(0, 8)], [...Buffer.from('SLSB'), 1, 2, 0, 0]);
    assert.deepEqual(
      gcm(key, bytes.subarray(8, 20), aad).decrypt(bytes.subarray(20)),
      new Uint8Array(content),
    );
  });

  it('is refused with any bit flipped, and named', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bytes = sealed.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => open({ bytes }), { code: 'OBJECT_CORRUPT', message: /points\/i-1\/s/ });
    }
  });

  it('is refused cut short, elsewhere, as another kind, or in another repository', () => {
    const refused = { code: 'OBJECT_CORRUPT' };
    assert.throws(() => open({ bytes: sealed.subarray(0, 30) }), refused);
    assert.throws(() => open({ bytes: sealed.subarray(0, sealed.length - 1) }), refused);
    assert.throws(() => open({ objectKey: headerObjectKey }), refused);
    assert.throws(() => open({ kinds: ['segment'] }), refused);
    assert.throws(() => open({ key: new Uint8Array(32) }), refused);
    assert.throws(() => open({ repositoryIdBytes: new Uint8Array(16) }), refused);
  });

  it('of one kind cannot be turned into one of another that may be in its place', () => {
    const bytes = sealed.slice();
    bytes[5] = 3; // tombstone: it would fence a session that has committed
    assert.throws(() => open({ bytes }), { code: 'OBJECT_CORRUPT', message: /not authentic/ });
  });
});
