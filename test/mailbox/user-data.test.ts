import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../../src/domain/identifiers.ts';
import { decodeUserData, encodeUserData, type UserData } from '../../src/mailbox/user-data.ts';
import type { ObjectStoreLocation } from '../../src/ports/object-store-location.ts';
import { sampleAddress, secretOf } from './mailbox-pair.ts';

const plainRecord = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const sample: UserData = {
  ...sampleAddress,
  objectStore: { kind: 'filesystem', root: '/srv/repository' },
  workerSecret: secretOf(sampleAddress),
  format: 'strata',
  devices: { kind: 'folder' },
  limits: { pollIntervalMs: 250, beatIntervalMs: 1_000 },
};

const inS3 = { kind: 's3', bucket: 'backups', prefix: 'a', region: 'eu-west-1', endpoint: null };

function withFields(changes: Readonly<Record<string, unknown>>): Uint8Array {
  const json = JSON.parse(Buffer.from(encodeUserData(sample)).toString()) as object;
  return Buffer.from(JSON.stringify({ ...json, ...changes }));
}

describe('user data', () => {
  it('comes back as it was written', () => {
    const userData = plainRecord({
      sessionId: fc.uuid().map((id) => id as SessionId),
      attempt: fc.integer({ min: 0, max: 9_999 }),
      objectStore: plainRecord({
        kind: fc.constant('filesystem' as const),
        root: fc.string({ unit: 'grapheme', maxLength: 100 }).map((path) => `/${path}`),
      }),
      workerSecret: fc
        .uint8Array({ minLength: 32, maxLength: 64 })
        .map((bytes) => Buffer.from(bytes)),
      format: fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/),
      devices: plainRecord({ kind: fc.constantFrom('folder' as const, 'ebs' as const) }),
      limits: plainRecord({
        pollIntervalMs: fc.integer({ min: 1, max: 600_000 }),
        beatIntervalMs: fc.integer({ min: 1, max: 600_000 }),
      }),
    });
    fc.assert(
      fc.property(userData, (written) => {
        assert.deepEqual(decodeUserData(encodeUserData(written)), written);
      }),
    );
  });

  it('names a bucket as well as a folder', () => {
    const buckets: readonly ObjectStoreLocation[] = [
      { kind: 's3', bucket: 'backups', prefix: 'a/b', region: 'eu-west-1', endpoint: null },
      { kind: 's3', bucket: 'b-1', prefix: '', region: 'r', endpoint: 'http://127.0.0.1:9000' },
      { kind: 's3', bucket: 'b-1', prefix: '', region: 'r', endpoint: null, lockDays: 30 },
      {
        ...{ kind: 's3', bucket: 'b-1', prefix: '', region: 'r', endpoint: null },
        ...{ lockDays: 1, lockMode: 'governance' },
      },
    ];
    for (const objectStore of buckets) {
      const written = { ...sample, objectStore };
      assert.deepEqual(decodeUserData(encodeUserData(written)), written);
    }
  });

  it('may have fields that this version does not know', () => {
    assert.equal(decodeUserData(withFields({ later: true })).attempt, 1);
  });

  it('is not written beyond the 16 KiB that a cloud takes', () => {
    const objectStore = { kind: 'filesystem', root: `/${'x'.repeat(16_384)}` } as const;
    assert.throws(() => encodeUserData({ ...sample, objectStore }), { code: 'LIMIT_EXCEEDED' });
  });

  const broken: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'a version to come': { version: 3 },
    'no session': { sessionId: undefined },
    'a session id that leads elsewhere': { sessionId: '../../etc' },
    'a negative attempt': { attempt: -1 },
    'an attempt of five digits': { attempt: 10_000 },
    'an attempt that is a text': { attempt: '1' },
    'an unknown kind of object store': { objectStore: { kind: 'tape', root: '/x' } },
    'a relative root': { objectStore: { kind: 'filesystem', root: 'repository' } },
    'a bucket that cannot be': { objectStore: { ...inS3, bucket: 'Not_A_Bucket' } },
    'a prefix that leads elsewhere': { objectStore: { ...inS3, prefix: '../other' } },
    'an endpoint with a password': { objectStore: { ...inS3, endpoint: 'http://u:p@host' } },
    'a bucket without a region': { objectStore: { ...inS3, region: undefined } },
    'a short secret': { workerSecret: Buffer.alloc(31).toString('base64') },
    'a secret that is not base64': { workerSecret: 'x'.repeat(40) + '!' },
    'no format': { format: undefined },
    'a format that is a path': { format: '../strata' },
    'an unknown kind of devices': { devices: { kind: 'nvme' } },
    'devices that are a list': { devices: ['folder'] },
    'no limits': { limits: null },
    'beats without a pause': { limits: { pollIntervalMs: 1, beatIntervalMs: 0 } },
  };
  for (const [what, changes] of Object.entries(broken)) {
    it(`is rejected with ${what}`, () => {
      assert.throws(() => decodeUserData(withFields(changes)), {
        code: 'MAILBOX_REJECTED',
        message: /^the user data/,
      });
    });
  }

  it('is rejected when it is not JSON, too large, or no record', () => {
    for (const bytes of ['', '{', 'null', '[]', '"x"', ' '.repeat(16_385)]) {
      assert.throws(() => decodeUserData(Buffer.from(bytes)), { code: 'MAILBOX_REJECTED' });
    }
  });

  it('never shows its secret in an error', () => {
    const secret = Buffer.from(sample.workerSecret).toString('base64');
    const truncated = encodeUserData(sample).subarray(0, -1);
    const hurt = [truncated, withFields({ workerSecret: `${secret}%` })];
    for (const bytes of hurt) {
      assert.throws(
        () => decodeUserData(bytes),
        (error: Error) => {
          const shown = JSON.stringify([error, error.message, error.stack, error.cause]);
          for (let start = 0; start + 8 <= secret.length; start += 1) {
            assert.ok(!shown.includes(secret.slice(start, start + 8)));
          }
          return true;
        },
      );
    }
  });
});
