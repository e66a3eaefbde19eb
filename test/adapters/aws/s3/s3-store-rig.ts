import type { AwsCallLimits } from '../../../../src/adapters/aws/client/aws-call-limits.ts';
import type { S3ObjectStore } from '../../../../src/adapters/aws/s3/s3-object-store.ts';
import { FakeAws } from '../../../support/aws/fake-aws.ts';
import { FakeBucket, type FakeBucketOptions } from '../../../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../../../support/aws/s3/fake-s3.ts';
import { openS3StoreOn, testBucket, testRegion } from '../../../support/aws/s3/s3-store-on.ts';

/** A fake S3 with one bucket, and a store on it. */
export interface S3StoreRig extends AsyncDisposable {
  readonly bucket: FakeBucket;
  readonly fake: FakeAws;
  readonly store: S3ObjectStore;
}

export async function startS3StoreRig(
  options: Partial<FakeBucketOptions> = {},
  limits?: AwsCallLimits,
  onRequest: (operation: string) => void = () => undefined,
): Promise<S3StoreRig> {
  const bucket = new FakeBucket({ name: testBucket, region: testRegion, ...options });
  const service = createFakeS3({ buckets: [bucket] });
  const handle: typeof service.handle = (request) => {
    onRequest(service.operationOf(request));
    return service.handle(request);
  };
  const fake = await FakeAws.start({ services: [{ ...service, handle }] });
  const store = openS3StoreOn(fake.endpoint, limits);
  return {
    bucket,
    fake,
    store,
    [Symbol.asyncDispose]: async () => {
      store.close();
      await fake[Symbol.asyncDispose]();
    },
  };
}
