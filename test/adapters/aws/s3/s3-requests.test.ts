import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import type { AwsRequest } from '../../../support/aws/aws-service.ts';
import { FakeAws } from '../../../support/aws/fake-aws.ts';
import { FakeBucket } from '../../../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../../../support/aws/s3/fake-s3.ts';
import { openS3StoreOn, testBucket, testRegion } from '../../../support/aws/s3/s3-store-on.ts';

const key = 'packs/a/1' as ObjectKey;
/** Large enough that the SDK would ask first whether it may send it. */
const body = new Uint8Array(3 * 1024 * 1024).fill(7);

async function requestsOf(
  use: (store: ReturnType<typeof openS3StoreOn>) => Promise<unknown>,
): Promise<readonly AwsRequest[]> {
  const seen: AwsRequest[] = [];
  const bucket = new FakeBucket({ name: testBucket, region: testRegion });
  const service = createFakeS3({ buckets: [bucket] });
  await using fake = await FakeAws.start({
    services: [
      {
        ...service,
        handle: (request) => {
          seen.push(request);
          return service.handle(request);
        },
      },
    ],
  });
  const store = openS3StoreOn(fake.endpoint);
  try {
    await use(store);
  } finally {
    store.close();
  }
  return seen;
}

describe('what is sent to S3', () => {
  it('is a body in one piece, with its condition and its hash, which is the signed one', async () => {
    const [put] = await requestsOf((store) =>
      store.create(key, [body.subarray(0, 1000), body.subarray(1000)]),
    );

    const sha256 = createHash('sha256').update(body).digest();
    assert.equal(put?.headers['if-none-match'], '*');
    assert.equal(put.headers['x-amz-checksum-sha256'], sha256.toString('base64'));
    assert.equal(put.headers['x-amz-content-sha256'], sha256.toString('hex'));
    assert.equal(put.headers['content-length'], String(body.byteLength));
    assert.match(put.headers['x-amz-meta-snapledger-creation'] ?? '', /^[0-9a-f-]{36}$/);
    for (const absent of ['transfer-encoding', 'content-encoding', 'expect', 'x-amz-trailer']) {
      assert.equal(put.headers[absent], undefined, absent);
    }
  });

  it('asks for the hash of a whole object, and not for that of a part', async () => {
    const [, whole, part] = await requestsOf(async (store) => {
      await store.create(key, body);
      await store.get(key);
      await store.get(key, { offset: 10, lengthBytes: 5 });
    });

    assert.equal(whole?.headers['x-amz-checksum-mode'], 'ENABLED');
    assert.equal(part?.headers['x-amz-checksum-mode'], undefined);
    assert.equal(part?.headers['range'], 'bytes=10-14');
  });

  it('says who asks', async () => {
    const [head] = await requestsOf((store) => store.head(key));

    assert.match(head?.headers['user-agent'] ?? '', /snapledger/);
  });
});
