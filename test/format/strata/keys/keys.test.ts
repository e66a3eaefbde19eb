import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import type { RepositoryId, SessionId, TimestampMs } from '../../../../src/domain/identifiers.ts';
import { blockIdOf, recordIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import { deriveRepositoryKeys } from '../../../../src/format/strata/keys/repository-keys.ts';
import { deriveSessionKeys } from '../../../../src/format/strata/keys/session-keys.ts';
import { workerSecretOf } from '../../../../src/format/strata/keys/worker-secret.ts';
import { decodeGrant, encodeGrant } from '../../../../src/format/strata/object/grant.ts';

const repositoryId = '00112233-4455-6677-8899-aabbccddeeff' as RepositoryId;
const sessionId = 'ffeeddcc-bbaa-9988-7766-554433221100' as SessionId;
const masterKey = new Uint8Array(32).fill(7);
const otherMasterKey = new Uint8Array(32).fill(9);
const dataKey = new Uint8Array(32).fill(8);

function hmac(key: Uint8Array, ...parts: (Uint8Array | string)[]): string {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest('hex');
}

/** HKDF-SHA-256 for one block of output, as RFC 5869 writes it down. */
function hkdf(secret: Uint8Array, salt: string, info: string): string {
  const extracted = Buffer.from(hmac(Buffer.from(salt, 'hex'), secret), 'hex');
  return hmac(extracted, info, Uint8Array.of(1));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the keys of a repository', () => {
  it('are derived from its master keys as docs/strata.md says', () => {
    const keys = deriveRepositoryKeys([masterKey, otherMasterKey], repositoryId, 0);
    const salt = '00112233445566778899aabbccddeeff';
    const expected = (label: string, master = masterKey): string =>
      hkdf(master, salt, `snapledger/strata/1/${label}`);

    assert.equal(hex(keys.repositoryIdBytes), salt);
    assert.equal(hex(keys.blockIdKey), expected('block-id'));
    assert.equal(hex(keys.nodeIdKey), expected('node-id'));
    assert.equal(hex(keys.headerKey), expected('header'));
    for (const [epoch, master] of [masterKey, otherMasterKey].entries()) {
      const ofEpoch = keys.epochs[epoch] ?? assert.fail(`epoch ${epoch}`);
      assert.equal(hex(ofEpoch.sessionWrapKey), expected('session-wrap', master));
      assert.equal(hex(ofEpoch.manifestKey), expected('manifest', master));
      assert.equal(hex(ofEpoch.workerSecretKey), expected('worker-secret', master));
    }
    assert.equal(hex(keys.tagSecret), expected('cloud-tags'));
  });

  it('of a session are derived from its data key', () => {
    const keys = deriveSessionKeys(sessionId, dataKey);

    assert.equal(hex(keys.sessionIdBytes), sessionId.replaceAll('-', ''));
    assert.equal(hex(keys.blockKey), hmac(dataKey, 'block'));
    assert.equal(hex(keys.nodeKey), hmac(dataKey, 'node'));
    assert.equal(hex(keys.controlKey), hmac(dataKey, 'control'));
  });

  it('name a block by a keyed hash of its digest, and a worker by session and attempt', () => {
    const digest = createHash('sha256').update('content').digest();
    const attempt = Uint8Array.of(2, 1, 0, 0);
    const idBytes = Buffer.from(sessionId.replaceAll('-', ''), 'hex');

    assert.equal(hex(blockIdOf(masterKey, digest)), hmac(masterKey, digest));
    assert.equal(hex(recordIdOf(masterKey, Buffer.from('content'))), hmac(masterKey, digest));
    assert.equal(hex(workerSecretOf(masterKey, sessionId, 258)), hmac(masterKey, idBytes, attempt));
  });
});

describe('a grant', () => {
  const grant = { repositoryId, sessionId, blockIdKey: masterKey, dataKey, retainUntil: null };

  it('carries what the worker of one session needs, in 104 bytes', () => {
    const bytes = encodeGrant(grant);

    assert.equal(bytes.length, 104);
    assert.deepEqual(decodeGrant(bytes), grant);
  });

  it('says until when what the worker stores is locked', () => {
    const locked = { ...grant, retainUntil: Date.UTC(2031, 4, 7) as TimestampMs };
    assert.deepEqual(decodeGrant(encodeGrant(locked)), locked);
    assert.equal(encodeGrant(locked).length, 104);
  });

  it('of another version or length is refused, without a word about its content', () => {
    const bytes = encodeGrant(grant);
    const newer = bytes.slice();
    newer[4] = 2;
    for (const bad of [newer, bytes.subarray(1), new Uint8Array(), new Uint8Array(104)]) {
      assert.throws(() => decodeGrant(bad), { code: 'INVALID_ARGUMENT', message: /is not one of/ });
    }
  });
});
