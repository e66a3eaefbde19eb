import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { FakeAws, testCredentials } from '../fake-aws.ts';
import { FakeBucket } from './fake-bucket.ts';
import { createFakeS3 } from './fake-s3.ts';

const region = 'eu-test-1';
const day = 24 * 60 * 60 * 1000;

// Each of these is what notes on the real S3 say; the tests show that the fake does it too.
describe('the fake of S3, as the real one', () => {
  let plain: FakeBucket;
  let locked: FakeBucket;
  let fake: FakeAws;
  let client: S3Client;

  beforeEach(async () => {
    plain = new FakeBucket({ name: 'plain', region });
    locked = new FakeBucket({ name: 'locked', region, objectLock: 'enabled' });
    const far = new FakeBucket({ name: 'far', region: 'us-test-2' });
    fake = await FakeAws.start({ services: [createFakeS3({ buckets: [plain, locked, far] })] });
    client = clientWith({});
  });
  afterEach(async () => {
    client.destroy();
    await fake[Symbol.asyncDispose]();
  });

  function clientWith(options: {
    readonly requestChecksumCalculation?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED';
  }): S3Client {
    return new S3Client({
      endpoint: fake.endpoint,
      region,
      credentials: testCredentials,
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      ...options,
    });
  }

  async function put(key: string, more: Partial<PutObjectCommandInput> = {}): Promise<void> {
    await client.send(new PutObjectCommand({ Bucket: 'plain', Key: key, Body: 'body', ...more }));
  }

  async function get(key: string, range?: string): Promise<GetObjectCommandOutput> {
    const where = { Bucket: 'plain', Key: key, ChecksumMode: 'ENABLED' as const };
    return await client.send(new GetObjectCommand(range ? { ...where, Range: range } : where));
  }

  it('overwrites without a condition, and answers 412 with If-None-Match: *', async () => {
    await put('k');
    await put('k', { Body: 'again' });

    await assert.rejects(put('k', { IfNoneMatch: '*' }), { name: 'PreconditionFailed' });
    assert.equal(await (await get('k')).Body?.transformToString(), 'again');
  });

  it('lets exactly one of racing conditional writers win', async () => {
    const racing = Array.from({ length: 16 }, () => put('k', { IfNoneMatch: '*' }));

    const results = await Promise.allSettled(racing);

    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('refuses a body that is not the one of its Content-MD5 or SHA-256', async () => {
    const digest = (algorithm: string): string =>
      createHash(algorithm).update('another').digest('base64');

    await assert.rejects(put('k', { ContentMD5: digest('md5') }), { name: 'BadDigest' });
    await assert.rejects(put('k', { ChecksumSHA256: digest('sha256') }), { name: 'BadDigest' });
    assert.equal(plain.current('k'), undefined);
  });

  it('refuses signed chunks, as which the SDK sends a stream', async () => {
    const chunked = clientWith({ requestChecksumCalculation: 'WHEN_SUPPORTED' });
    const stream = Readable.from(['body']);

    await assert.rejects(
      chunked.send(
        new PutObjectCommand({ Bucket: 'plain', Key: 'k', Body: stream, ContentLength: 4 }),
      ),
      { name: 'NotImplemented' },
    );
  });

  it('cuts a range at the end of the object, and answers 416 behind it', async () => {
    await put('k', { Body: '0123456789' });

    assert.equal(await (await get('k', 'bytes=8-20')).Body?.transformToString(), '89');
    await assert.rejects(get('k', 'bytes=10-20'), { name: 'InvalidRange' });
  });

  it('gives the checksum of a whole object, and none with a part of it', async () => {
    const sha256 = createHash('sha256').update('body').digest('base64');
    await put('k', { ChecksumSHA256: sha256 });

    const whole = await get('k');
    const part = await get('k', 'bytes=0-1');

    assert.equal(whole.ChecksumSHA256, sha256);
    assert.equal(part.ChecksumSHA256, undefined);
    await whole.Body?.transformToByteArray();
    await part.Body?.transformToByteArray();
  });

  it('answers HEAD without a body, so that an error has no code', async () => {
    await assert.rejects(client.send(new HeadObjectCommand({ Bucket: 'plain', Key: 'k' })), {
      name: 'NotFound',
    });
    await assert.rejects(get('k'), { name: 'NoSuchKey' });
  });

  it('tells a bucket that does not exist from one of another region', async () => {
    await assert.rejects(put('k', { Bucket: 'none' }), { name: 'NoSuchBucket' });
    await assert.rejects(put('k', { Bucket: 'far' }), { name: 'PermanentRedirect' });
  });

  it('lists in the order of bytes, at most 1000 in a page', async () => {
    const keys = Array.from({ length: 1203 }, (_, n) => `k/${n}`);
    for (const key of keys) {
      plain.put(
        key,
        { body: new Uint8Array(), metadata: {}, checksumSha256: undefined, retention: null },
        { ifNoneMatch: false, nowMs: 0 },
      );
    }

    const where = { Bucket: 'plain', Prefix: 'k/', MaxKeys: 5000 };
    const first = await client.send(new ListObjectsV2Command(where));
    const second = await client.send(
      new ListObjectsV2Command({ ...where, ContinuationToken: first.NextContinuationToken }),
    );

    assert.deepEqual([first.KeyCount, first.IsTruncated], [1000, true]);
    assert.deepEqual([second.KeyCount, second.IsTruncated], [203, false]);
    assert.deepEqual(
      [first, second].flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key)),
      keys.sort(),
    );
  });

  it('removes what is not there, and says nothing of it', async () => {
    await client.send(new DeleteObjectCommand({ Bucket: 'plain', Key: 'none' }));
  });

  describe('with Object Lock', () => {
    const lockedUntil = new Date(Date.now() + 30 * day);

    async function putLocked(more: Partial<PutObjectCommandInput> = {}): Promise<void> {
      await put('k', {
        Bucket: 'locked',
        ContentMD5: createHash('md5').update('body').digest('base64'),
        ObjectLockMode: 'COMPLIANCE',
        ObjectLockRetainUntilDate: lockedUntil,
        ...more,
      });
    }

    it('wants a digest of the body with a retention', async () => {
      await assert.rejects(putLocked({ ContentMD5: undefined }), { name: 'InvalidRequest' });
      await putLocked();
    });

    it('refuses a retention in a bucket that has no Object Lock', async () => {
      await assert.rejects(putLocked({ Bucket: 'plain' }), { name: 'InvalidRequest' });
    });

    it('hides the object behind a marker, and keeps the locked version', async () => {
      await putLocked();
      const version = locked.current('k')?.versionId;

      await client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'k' }));

      await assert.rejects(get('k'), { name: 'NoSuchKey' });
      await assert.rejects(
        client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'k', VersionId: version })),
        { name: 'AccessDenied' },
      );
      assert.equal(locked.versions('k').length, 2);
    });

    it('takes a marker for absence when a write is conditional', async () => {
      await putLocked();
      await assert.rejects(putLocked({ IfNoneMatch: '*' }), { name: 'PreconditionFailed' });

      await client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'k' }));

      await putLocked({ IfNoneMatch: '*' });
    });

    it('lets nobody shorten COMPLIANCE, and anybody extend it', async () => {
      await putLocked();
      const retain = async (until: Date): Promise<void> => {
        await client.send(
          new PutObjectRetentionCommand({
            Bucket: 'locked',
            Key: 'k',
            Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until },
          }),
        );
      };

      await assert.rejects(retain(new Date(Date.now() + day)), { name: 'AccessDenied' });
      await retain(new Date(Date.now() + 60 * day));
    });
  });
});
