import { objectStoreConformance } from '../../../conformance/object-store.ts';
import { FakeAws } from '../../../support/aws/fake-aws.ts';
import { FakeBucket, type FakeBucketOptions } from '../../../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../../../support/aws/s3/fake-s3.ts';
import { openS3StoreOn, testBucket, testRegion } from '../../../support/aws/s3/s3-store-on.ts';

conformanceOn('S3 (a fake)', {});
conformanceOn('S3 with versions (a fake)', { objectLock: 'enabled' });

function conformanceOn(name: string, options: Partial<FakeBucketOptions>): void {
  objectStoreConformance(name, async () => {
    const bucket = new FakeBucket({ name: testBucket, region: testRegion, ...options });
    // short pages, so that every longer list takes several
    const fake = await FakeAws.start({
      services: [createFakeS3({ buckets: [bucket], pageKeys: 7 })],
    });
    const opened = new DisposableStack();
    return {
      open: () => {
        const store = openS3StoreOn(fake.endpoint);
        opened.defer(() => {
          store.close();
        });
        return Promise.resolve(store);
      },
      dispose: async () => {
        opened.dispose();
        await fake[Symbol.asyncDispose]();
      },
    };
  });
}
