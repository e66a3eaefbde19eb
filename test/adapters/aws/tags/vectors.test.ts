import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { unpack } from 'msgpackr';
import { openTags } from '../../../../src/adapters/aws/tags/open-tags.ts';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';

/*
 * A second reader of docs/aws-tags.md, on AES of Node alone: AES-SIV is written down here as
 * RFC 5297 has it, and held to that RFC's own example.
 */

const vectors = await readVectors();
const text = (name: string): string => vectors.get(name) ?? assert.fail(`no vector ${name}`);
const hex = (name: string): Buffer => Buffer.from(text(name), 'hex');
const tags = [0, 1, 2, 3].map((index) => ({
  name: text(`tag-${index}-name`),
  value: text(`tag-${index}-value`),
}));
const expected = {
  owner: {
    sessionId: '00112233-4455-6677-8899-aabbccddeeff',
    instanceId: 'i-0123456789abcdef0',
  },
  snapshotId: 'snap-0fedcba9876543210',
};

describe('the test vectors of docs/aws-tags.md', () => {
  it('are sealed with AES-SIV as RFC 5297 has it', () => {
    const key = Buffer.from(
      'fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
      'hex',
    );
    const ad = Buffer.from('101112131415161718191a1b1c1d1e1f2021222324252627', 'hex');
    const sealed = Buffer.from(
      '85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c',
      'hex',
    );

    assert.equal(openSiv(key, [ad], sealed).toString('hex'), '112233445566778899aabbccddee');
  });

  it('have the keys that the secret gives', () => {
    const derive = (label: string): Buffer =>
      Buffer.from(hkdfSync('sha256', hex('k-tags'), '', `snapledger/aws-tags/1/${label}`, 64));
    assert.deepEqual(derive('names'), hex('k-name'));
    assert.deepEqual(derive('values'), hex('k-value'));
    const keys = deriveTagKeys(hex('k-tags'));
    assert.deepEqual(Buffer.from(keys.nameKey), hex('k-name'));
    assert.deepEqual(Buffer.from(keys.valueKey), hex('k-value'));
  });

  it('open by the letter of the document', () => {
    const names = tags.map(({ name }) => openName(name).toString('hex'));
    const instance = Buffer.from('i-0123456789abcdef0', 'utf8').toString('hex');
    assert.deepEqual(names, ['01', '0200112233445566778899aabbccddeeff', `03${instance}`, '0400']);

    const [mark, session, ofInstance, part] = tags;
    assert.ok(mark && session && ofInstance && part);
    const head = openValue(mark, '');
    assert.equal(head.length, 42);
    assert.deepEqual([head[0], head[1], head[34]], [1, 3, 1]);
    assert.equal(head.subarray(2, 18).toString('hex'), '00112233445566778899aabbccddeeff');
    assert.equal(head.subarray(18, 34).toString('hex'), 'a5'.repeat(16));
    assert.equal(openValue(session, mark.value).length, 0);
    assert.equal(openValue(ofInstance, mark.value).length, 0);
    const stored = openValue(part, mark.value);
    assert.equal(stored.length, head.readUInt16LE(36));
    const plain = head[35] === 1 ? inflateRawSync(stored) : stored;
    assert.equal(plain.length, head.readUInt32LE(38));
    assert.deepEqual(plain, hex('description'));
    assert.deepEqual(unpack(plain), expected);
  });

  it('open with the code of the product', () => {
    const opened = openTags(deriveTagKeys(hex('k-tags')), tags);
    assert.ok(opened.kind === 'authentic');
    assert.deepEqual(opened.resource, { kind: 'temporary-volume', ...expected });
  });
});

function openName(name: string): Buffer {
  assert.ok(name.startsWith('sl1.'));
  const sealed = Buffer.from(name.slice(4), 'base64url');
  return openSiv(hex('k-name'), [Buffer.from('snapledger/aws-tags/1/name')], sealed);
}

function openValue(tag: { readonly name: string; readonly value: string }, head: string): Buffer {
  const ads = ['snapledger/aws-tags/1/value', tag.name, head].map((ad) => Buffer.from(ad));
  return openSiv(hex('k-value'), ads, Buffer.from(tag.value, 'base64url'));
}

/** RFC 5297, section 2.7. */
function openSiv(key: Buffer, ads: readonly Buffer[], sealed: Buffer): Buffer {
  const half = key.length / 2;
  const [iv, ciphertext] = [sealed.subarray(0, 16), sealed.subarray(16)];
  const counter = Buffer.from(iv);
  counter.writeUInt8(counter.readUInt8(8) & 0x7f, 8);
  counter.writeUInt8(counter.readUInt8(12) & 0x7f, 12);
  const cipher = createDecipheriv(`aes-${half * 8}-ctr`, key.subarray(half), counter);
  const plain = Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  assert.deepEqual(s2v(key.subarray(0, half), ads, plain), iv, 'the seal is sound');
  return plain;
}

/** RFC 5297, section 2.4. */
function s2v(key: Buffer, ads: readonly Buffer[], plain: Buffer): Buffer {
  let d = cmac(key, Buffer.alloc(16));
  for (const ad of ads) d = xor(dbl(d), cmac(key, ad));
  if (plain.length < 16) return cmac(key, xor(dbl(d), pad(plain)));
  const end = xor(plain.subarray(plain.length - 16), d);
  return cmac(key, Buffer.concat([plain.subarray(0, plain.length - 16), end]));
}

/** RFC 4493. */
function cmac(key: Buffer, message: Buffer): Buffer {
  const aes = (block: Buffer): Buffer => {
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
    return cipher.setAutoPadding(false).update(block);
  };
  const k1 = dbl(aes(Buffer.alloc(16)));
  const lastAt = Math.max(0, Math.ceil(message.length / 16) - 1) * 16;
  const last = message.subarray(lastAt);
  const end = last.length === 16 ? xor(last, k1) : xor(pad(last), dbl(k1));
  let state: Buffer = Buffer.alloc(16);
  for (let at = 0; at < lastAt; at += 16) state = aes(xor(state, message.subarray(at, at + 16)));
  return aes(xor(state, end));
}

function dbl(block: Buffer): Buffer {
  const doubled = (BigInt(`0x${block.toString('hex')}`) << 1n).toString(16).padStart(33, '0');
  const result = Buffer.from(doubled.slice(-32), 'hex');
  if (block.readUInt8(0) >= 0x80) result.writeUInt8(result.readUInt8(15) ^ 0x87, 15);
  return result;
}

function pad(block: Buffer): Buffer {
  return Buffer.concat([block, Buffer.from([0x80]), Buffer.alloc(15)]).subarray(0, 16);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ b.readUInt8(index)));
}

async function readVectors(): Promise<ReadonlyMap<string, string>> {
  const url = new URL('../../../../docs/aws-tags.md', import.meta.url);
  const [, block] = /^```vectors\n(.*?)^```$/ms.exec(await readFile(url, 'utf8')) ?? [];
  assert.ok(block !== undefined, 'docs/aws-tags.md has test vectors');
  const lines = block
    .replaceAll(/\n {2}/g, '')
    .split('\n')
    .filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [name, value] = line.split(' = ');
      assert.ok(name !== undefined && value !== undefined, `"${line}" is no vector`);
      return [name, value];
    }),
  );
}
