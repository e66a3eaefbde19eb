import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GetSnapshotBlockCommand, EBSClient } from '@aws-sdk/client-ebs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { AwsRequest, AwsService } from './aws-service.ts';
import { FakeAws, testCredentials } from './fake-aws.ts';
import type { AwsCredentials } from './signature/verify-signature.ts';

/** Gives every body back, and remembers what came. */
function echo(name: AwsService['name'], seen: AwsRequest[]): AwsService {
  return {
    name,
    operationOf: ({ method }) => method,
    handle: (request) => {
      seen.push(request);
      return Promise.resolve({ status: 200, body: request.body });
    },
    errorReply: ({ code, status, message }) => ({
      status,
      body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    }),
  };
}

describe('the fake of an AWS endpoint', () => {
  let seen: AwsRequest[];
  let fake: FakeAws;
  let nowMs: number;

  beforeEach(async () => {
    seen = [];
    nowMs = Date.now();
    fake = await FakeAws.start({
      services: [echo('s3', seen), echo('ebs', seen)],
      now: () => nowMs,
    });
  });
  afterEach(() => fake[Symbol.asyncDispose]());

  function s3(
    credentials: AwsCredentials = testCredentials,
    endpoint: string = fake.endpoint,
  ): S3Client {
    return new S3Client({
      endpoint,
      region: 'eu-test-1',
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
  }

  async function put(client = s3(), key = 'a b/ü+(1)'): Promise<unknown> {
    const body = new TextEncoder().encode('hello');
    return client.send(new PutObjectCommand({ Bucket: 'bucket', Key: key, Body: body }));
  }

  it('takes what the S3 client signed, whatever is in a key or a query', async () => {
    await put();
    await s3().send(
      new GetObjectCommand({ Bucket: 'bucket', Key: 'k', ResponseContentType: 'a/b; c=d+e f' }),
    );

    assert.equal(new TextDecoder().decode(seen[0]?.body), 'hello');
    assert.equal(seen[0]?.region, 'eu-test-1');
    assert.equal(seen[0].accessKeyId, testCredentials.accessKeyId);
    assert.equal(decodeURIComponent(seen[0].path), '/bucket/a b/ü+(1)');
    assert.equal(seen[1]?.query.get('response-content-type'), 'a/b; c=d+e f');
  });

  it('takes what the EBS client signed', async () => {
    const ebs = new EBSClient({
      endpoint: fake.endpoint,
      region: 'eu-test-1',
      credentials: testCredentials,
      maxAttempts: 1,
    });
    await ebs.send(
      new GetSnapshotBlockCommand({ SnapshotId: 'snap-1', BlockIndex: 7, BlockToken: 'AA+/=' }),
    );

    assert.equal(seen[0]?.path, '/snapshots/snap-1/blocks/7');
    assert.equal(seen[0].query.get('blockToken'), 'AA+/=');
  });

  it('refuses a wrong secret, an unknown key and a token that was not given out', async () => {
    const cases = [
      [{ ...testCredentials, secretAccessKey: 'another' }, 'SignatureDoesNotMatch'],
      [{ ...testCredentials, accessKeyId: 'AKIAOTHER' }, 'InvalidAccessKeyId'],
      [{ ...testCredentials, sessionToken: 'stolen' }, 'InvalidToken'],
    ] as const;
    for (const [credentials, code] of cases) {
      await assert.rejects(put(s3(credentials)), { name: code });
    }
    assert.deepEqual(seen, []);
  });

  it('refuses a signature of another time', async () => {
    nowMs += 16 * 60 * 1000;

    await assert.rejects(put(), { name: 'RequestTimeTooSkewed' });
  });

  it('refuses a request that was changed after it was signed', async () => {
    const changes = [
      { path: '/bucket/other' },
      { body: new TextEncoder().encode('HELLO') },
      { query: { versionId: '1' } },
      { headers: { 'x-amz-meta-added': 'yes' } },
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    ];
    for (const change of changes) {
      const client = s3();
      client.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as Record<string, unknown>;
          const headers = { ...(request['headers'] as object), ...(change.headers ?? {}) };
          Object.assign(request, { ...change, headers });
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      await assert.rejects(put(client), { $fault: 'client' });
    }
    assert.deepEqual(seen, []);
  });

  it('refuses what is not signed', async () => {
    const reply = await fetch(`${fake.endpoint}/bucket/key`);

    assert.equal(reply.status, 403);
  });

  describe('when it is told to misbehave', () => {
    it('answers with an error before the effect or after it', async () => {
      fake.faults.arm('PUT', { kind: 'error', status: 503, code: 'SlowDown' });
      fake.faults.arm('PUT', {
        kind: 'error',
        status: 500,
        code: 'InternalError',
        when: 'after-effect',
      });

      await assert.rejects(put(), { name: 'SlowDown' });
      assert.equal(seen.length, 0);
      await assert.rejects(put(), { name: 'InternalError' });
      assert.equal(seen.length, 1);
      await put();
      assert.equal(fake.faults.calls('PUT'), 3);
    });

    it('cuts the line before the effect, or loses the reply', async () => {
      fake.faults.arm('PUT', { kind: 'cut-before' });
      fake.faults.arm('PUT', { kind: 'reply-lost' });

      await assert.rejects(put(), { code: 'ECONNRESET' });
      assert.equal(seen.length, 0);
      await assert.rejects(put(), { code: 'ECONNRESET' });
      assert.equal(seen.length, 1);
    });

    it('cuts a reply in the middle, and flips a bit of one', async () => {
      const service: AwsService = {
        ...echo('s3', seen),
        handle: () => Promise.resolve({ status: 200, body: '0123456789' }),
      };
      await using other = await FakeAws.start({ services: [service] });
      const client = s3(testCredentials, other.endpoint);
      const read = async (): Promise<string | undefined> => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));
        return await Body?.transformToString();
      };
      other.faults.arm('GET', { kind: 'cut-in-reply', afterBytes: 4 });
      other.faults.arm('GET', { kind: 'flipped-bit', atByte: 2 });

      await assert.rejects(read(), { code: 'ECONNRESET' });
      assert.equal(await read(), '0133456789');
      assert.equal(await read(), '0123456789');
    });

    it('does what is armed for ever until it is told otherwise', async () => {
      fake.faults.arm('PUT', { kind: 'error', status: 403, code: 'AccessDenied' }, Infinity);

      for (let n = 0; n < 3; n += 1) await assert.rejects(put(), { name: 'AccessDenied' });
      fake.faults.clear();
      await put();
    });
  });

  it('cuts the line when the fake itself is wrong, rather than answering something', async () => {
    const broken: AwsService = {
      ...echo('s3', seen),
      handle: () => Promise.reject(new Error('a bug of the fake')),
    };
    await using other = await FakeAws.start({ services: [broken] });

    await assert.rejects(put(s3(testCredentials, other.endpoint)), { code: 'ECONNRESET' });
  });
});
