import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { AwsCallLimits } from '../../../../src/adapters/aws/client/aws-call-limits.ts';
import { openS3ObjectStore } from '../../../../src/adapters/aws/s3/s3-object-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { ErrorCode } from '../../../../src/domain/errors/error-code.ts';
import {
  isSnapledgerError,
  type SnapledgerError,
} from '../../../../src/domain/errors/snapledger-error.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import type { AwsFault } from '../../../support/aws/aws-faults.ts';
import { testCredentials } from '../../../support/aws/fake-aws.ts';
import { locationOn, quickLimits } from '../../../support/aws/s3/s3-store-on.ts';
import { type S3StoreRig, startS3StoreRig } from './s3-store-rig.ts';

const key = 'packs/a/1' as ObjectKey;
const keyInBucket = `some/prefix/${key}`;
const body = new TextEncoder().encode('what is to be stored, in one piece');
/** All tries fail. */
const always = Infinity;

describe('an object store on S3 that misbehaves', () => {
  let rig: S3StoreRig;

  beforeEach(async () => {
    rig = await startS3StoreRig();
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  function stored(): string | undefined {
    const version = rig.bucket.current(keyInBucket);
    return version && new TextDecoder().decode(version.body);
  }

  describe('create', () => {
    const faultsBefore: readonly AwsFault[] = [
      { kind: 'cut-before' },
      { kind: 'error', status: 503, code: 'SlowDown' },
      { kind: 'error', status: 500, code: 'InternalError' },
      { kind: 'error', status: 409, code: 'ConditionalRequestConflict' },
      { kind: 'error', status: 400, code: 'RequestTimeout' },
      { kind: 'error', status: 400, code: 'BadDigest' },
    ];
    for (const fault of faultsBefore) {
      it(`tries again after ${inspect(fault)}`, async () => {
        rig.fake.faults.arm('PutObject', fault, 3);

        await rig.store.create(key, body);

        assert.equal(rig.fake.faults.calls('PutObject'), 4);
        assert.deepEqual(await rig.store.get(key), body);
      });
    }

    const faultsAfter: readonly AwsFault[] = [
      { kind: 'reply-lost' },
      { kind: 'error', status: 500, code: 'InternalError', when: 'after-effect' },
      { kind: 'error', status: 503, code: 'SlowDown', when: 'after-effect' },
    ];
    for (const fault of faultsAfter) {
      it(`knows its own object again after ${inspect(fault)}`, async () => {
        rig.fake.faults.arm('PutObject', fault);

        await rig.store.create(key, body);

        assert.equal(rig.fake.faults.calls('PutObject'), 2);
        assert.deepEqual(await rig.store.get(key), body);
      });

      it(`does not take the same bytes of another for its own after ${inspect(fault)}`, async () => {
        await rig.store.create(key, body);
        rig.fake.faults.arm('PutObject', { kind: 'cut-before' });

        await rejectsWith(rig.store.create(key, body), 'OBJECT_EXISTS');
      });
    }

    it('asks again whose the object is when that answer is lost, too', async () => {
      rig.fake.faults.arm('PutObject', { kind: 'reply-lost' });
      rig.fake.faults.arm('HeadObject', { kind: 'cut-before' });

      await rig.store.create(key, body);

      assert.equal(rig.fake.faults.calls('HeadObject'), 2);
    });

    it('does not ask whose it is when the first answer says that the key is taken', async () => {
      await rig.store.create(key, body);

      await rejectsWith(rig.store.create(key, body), 'OBJECT_EXISTS');

      assert.equal(rig.fake.faults.calls('HeadObject'), 0);
    });

    it('creates the object when the one that was in its way is removed meanwhile', async () => {
      await rig.store.create(key, body);
      rig.fake.faults.arm('PutObject', { kind: 'cut-before' });
      rig.fake.faults.arm('HeadObject', { kind: 'latency', delayMs: 150 });
      // the second try meets the object of the first creation; when it looks, that is gone
      const creating = rig.store.create(key, new TextEncoder().encode('another'));
      const removing = (async () => {
        while (rig.fake.faults.calls('HeadObject') === 0) await systemClock.sleep(5);
        rig.bucket.delete(keyInBucket, 0);
      })();

      await Promise.all([creating, removing]);

      assert.equal(stored(), 'another');
    });

    it('gives up after the tries that it has, and leaves the outcome open', async () => {
      rig.fake.faults.arm('PutObject', { kind: 'reply-lost' }, always);

      const error = await rejectsWith(rig.store.create(key, body), 'STORE_UNAVAILABLE');

      assert.equal(error.retry, 'retryable');
      assert.equal(rig.fake.faults.calls('PutObject'), quickLimits.attemptsMax);
    });
  });

  describe('get', () => {
    beforeEach(() => rig.store.create(key, body));

    const faults: readonly AwsFault[] = [
      { kind: 'cut-before' },
      { kind: 'cut-in-reply', afterBytes: 7 },
      { kind: 'flipped-bit', atByte: 11 },
      { kind: 'error', status: 503, code: 'SlowDown' },
      { kind: 'error', status: 500, code: 'InternalError' },
    ];
    for (const fault of faults) {
      it(`reads again after ${inspect(fault)}`, async () => {
        rig.fake.faults.arm('GetObject', fault, 3);

        assert.deepEqual(await rig.store.get(key), body);
        assert.equal(rig.fake.faults.calls('GetObject'), 4);
      });
    }

    it('says that an object is corrupt whose bytes are never those that were stored', async () => {
      rig.fake.faults.arm('GetObject', { kind: 'flipped-bit', atByte: 0 }, always);

      await rejectsWith(rig.store.get(key), 'OBJECT_CORRUPT');
    });

    it('gives a part that was cut off only when all of it came', async () => {
      rig.fake.faults.arm('GetObject', { kind: 'cut-in-reply', afterBytes: 3 }, 2);

      const part = await rig.store.get(key, { offset: 5, lengthBytes: 6 });

      assert.deepEqual(part, body.slice(5, 11));
    });

    it('refuses a store that gives another part than it was asked for', async () => {
      const another: AwsFault = { kind: 'header', name: 'content-range', value: 'bytes 0-5/34' };
      rig.fake.faults.arm('GetObject', another, always);

      await rejectsWith(rig.store.get(key, { offset: 5, lengthBytes: 6 }), 'STORE_UNSUITABLE');
    });

    it('reads slowly what comes slowly, as long as something comes', async () => {
      rig.fake.faults.arm('GetObject', { kind: 'slow-reply', stepBytes: 4, pauseMs: 20 });

      assert.deepEqual(await rig.store.get(key), body);
      assert.equal(rig.fake.faults.calls('GetObject'), 1);
    });
  });

  it('lists again a page that was cut off', async () => {
    await rig.store.create(key, body);
    rig.fake.faults.arm('ListObjectsV2', { kind: 'cut-in-reply', afterBytes: 60 }, 2);

    const found = await Array.fromAsync(rig.store.list(''));

    assert.deepEqual(found, [{ key, sizeBytes: body.byteLength }]);
    assert.equal(rig.fake.faults.calls('ListObjectsV2'), 3);
  });

  describe('time', () => {
    const hasty: AwsCallLimits = { ...quickLimits, callTimeoutMs: 150, attemptsMax: 2 };
    let slow: S3StoreRig;

    beforeEach(async () => {
      slow = await startS3StoreRig({}, hasty);
    });
    afterEach(() => slow[Symbol.asyncDispose]());

    it('ends for a call that is never answered, and the next try works', async () => {
      slow.fake.faults.arm('PutObject', { kind: 'hang' });

      await slow.store.create(key, body);

      assert.equal(slow.fake.faults.calls('PutObject'), 2);
    });

    it('ends for every method when nothing is answered at all', async () => {
      const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['PutObject', () => slow.store.create(key, body)],
        ['GetObject', () => slow.store.get(key)],
        ['HeadObject', () => slow.store.head(key)],
        ['ListObjectsV2', () => Array.fromAsync(slow.store.list(''))],
        ['DeleteObject', () => slow.store.delete(key)],
      ];
      for (const [operation, call] of calls) {
        slow.fake.faults.arm(operation, { kind: 'hang' }, always);
        const error = await rejectsWith(call(), 'STORE_UNAVAILABLE');
        assert.match(error.message, /no answer within 1\d\d ms/);
        assert.equal(error.retry, 'retryable');
      }
    });

    it('ends for a connection on which nothing moves any more', async () => {
      await using stalled = await startS3StoreRig(
        {},
        { ...quickLimits, idleTimeoutMs: 100, attemptsMax: 2 },
      );
      await stalled.store.create(key, body);
      stalled.fake.faults.arm('GetObject', { kind: 'slow-reply', stepBytes: 4, pauseMs: 60_000 });

      assert.deepEqual(await stalled.store.get(key), body);
      assert.equal(stalled.fake.faults.calls('GetObject'), 2);
    });
  });

  describe('says what is wrong', () => {
    const meanings: readonly (readonly [status: number, code: string, meaning: ErrorCode])[] = [
      [403, 'AccessDenied', 'STORE_ACCESS_DENIED'],
      [403, 'SignatureDoesNotMatch', 'STORE_ACCESS_DENIED'],
      [403, 'InvalidAccessKeyId', 'STORE_ACCESS_DENIED'],
      [400, 'ExpiredToken', 'STORE_ACCESS_DENIED'],
      [400, 'KMS.DisabledException', 'STORE_ACCESS_DENIED'],
      [404, 'NoSuchBucket', 'BUCKET_NOT_FOUND'],
      [400, 'AuthorizationHeaderMalformed', 'BUCKET_NOT_FOUND'],
      [403, 'QuotaExceeded', 'STORE_FULL'],
      [507, 'InsufficientStorage', 'STORE_FULL'],
      [501, 'NotImplemented', 'STORE_UNSUITABLE'],
      [400, 'InvalidRequest', 'STORE_UNSUITABLE'],
    ];
    for (const [status, code, meaning] of meanings) {
      it(`${code} is ${meaning}, and is not tried again`, async () => {
        for (const operation of ['PutObject', 'GetObject', 'ListObjectsV2', 'DeleteObject']) {
          rig.fake.faults.arm(operation, { kind: 'error', status, code }, always);
        }
        const calls = [
          () => rig.store.create(key, body),
          () => rig.store.get(key),
          () => Array.fromAsync(rig.store.list('')),
          () => rig.store.delete(key),
        ];

        for (const call of calls) {
          const error = await rejectsWith(call(), meaning);
          assert.equal(error.retry, 'permanent');
          assert.match(error.message, /in s3:\/\/backups\/some\/prefix at http/);
          assert.ok(error.remedy);
        }
        assert.equal(rig.fake.faults.calls('PutObject'), 1);
      });
    }

    it('a bucket of another region, also to HEAD, which has no code', async () => {
      await using far = await startS3StoreRig({ region: 'us-test-2' });

      await rejectsWith(far.store.head(key), 'BUCKET_NOT_FOUND');
      await rejectsWith(far.store.create(key, body), 'BUCKET_NOT_FOUND');
    });

    it('a server that is none of S3, instead of an object that is not there', async () => {
      const { createServer } = await import('node:http');
      const server = createServer((request, response) => {
        request.resume();
        response.writeHead(404, { 'content-type': 'text/html' }).end('<html>not here</html>');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      await using web = openedOn(`http://127.0.0.1:${address.port}`);
      try {
        await rejectsWith(web.store.get(key), 'STORE_UNSUITABLE');
        await rejectsWith(web.store.head(key), 'STORE_UNSUITABLE');
        await rejectsWith(Array.fromAsync(web.store.list('')), 'STORE_UNSUITABLE');
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });

    it('an endpoint with TLS that has none', async () => {
      await using tls = openedOn(`https://127.0.0.1:${rig.fake.port}`);

      await rejectsWith(tls.store.head(key), 'STORE_UNSUITABLE');
    });

    it('a host that cannot be reached', async () => {
      await using nowhere = openedOn('http://127.0.0.1:1');

      const error = await rejectsWith(nowhere.store.get(key), 'STORE_UNAVAILABLE');
      assert.equal(error.details['awsCode'], 'ECONNREFUSED');
    });
  });

  it('never shows a secret, however an error is looked at', async () => {
    await using wrong = openedOn(rig.fake.endpoint, 'a-secret-nobody-may-see-anywhere');
    const error = await rejectsWith(wrong.store.create(key, body), 'STORE_ACCESS_DENIED');

    const shown = inspect(error, { depth: Infinity, showHidden: true, getters: true });
    assert.doesNotMatch(shown, /a-secret-nobody/);
    assert.doesNotMatch(shown, /Signature=|Credential=/);
  });

  it('passes over what is not named like an object of its own', async () => {
    await rig.store.create(key, body);
    const content = { body, metadata: {}, checksumSha256: undefined, retention: null };
    for (const foreign of ['a b', 'ü', 'folder/', 'x&<y>', '~tmp']) {
      rig.bucket.put(`some/prefix/${foreign}`, content, { ifNoneMatch: false, nowMs: 0 });
    }
    rig.bucket.put('some/prefix-of-another/a', content, { ifNoneMatch: false, nowMs: 0 });

    const found = await Array.fromAsync(rig.store.list(''), (object) => object.key);

    assert.deepEqual(found, [key]);
  });

  function openedOn(
    endpoint: string,
    secretAccessKey = testCredentials.secretAccessKey,
  ): { readonly store: S3StoreRig['store'] } & AsyncDisposable {
    const store = openS3ObjectStore({
      location: locationOn(endpoint),
      clock: systemClock,
      random: systemRandom,
      credentials: { ...testCredentials, secretAccessKey },
      limits: quickLimits,
    });
    return {
      store,
      [Symbol.asyncDispose]: () => {
        store.close();
        return Promise.resolve();
      },
    };
  }
});

async function rejectsWith(work: Promise<unknown>, code: ErrorCode): Promise<SnapledgerError> {
  try {
    await work;
  } catch (error) {
    assert.ok(isSnapledgerError(error), String(error));
    assert.equal(error.code, code, String(error));
    return error;
  }
  assert.fail(`expected ${code}, and nothing was wrong`);
}
