import { objectStoreConformance } from '../../../conformance/object-store.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import { retentionConformance } from '../../../conformance/retention.ts';
import { FakeAws } from '../../../support/aws/fake-aws.ts';
import { FakeBucket, type FakeBucketOptions } from '../../../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../../../support/aws/s3/fake-s3.ts';
import {
  openS3StoreOn,
  quickLimits,
  type S3StoreOnOptions,
  testBucket,
  testRegion,
} from '../../../support/aws/s3/s3-store-on.ts';

conformanceOn('S3 (a fake)', {});
conformanceOn('S3 with versions (a fake)', { objectLock: 'enabled' });
conformanceOn('S3 whose points are locked (a fake)', { objectLock: 'enabled' }, { lockDays: 30 });

function conformanceOn(
  name: string,
  options: Partial<FakeBucketOptions>,
  lock: S3StoreOnOptions['lock'] = {},
): void {
  objectStoreConformance(name, async () => {
    const bucket = new FakeBucket({ name: testBucket, region: testRegion, ...options });
    // short pages, so that every longer list takes several
    const fake = await FakeAws.start({
      services: [createFakeS3({ buckets: [bucket], pageKeys: 7 })],
    });
    const opened = new DisposableStack();
    return {
      open: () => {
        const store = openS3StoreOn(fake.endpoint, quickLimits, { lock });
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

for (const mode of ['compliance', 'governance'] as const) {
  retentionConformance(`S3 in ${mode} mode (a fake)`, async (clock) => {
    const bucket = new FakeBucket({ name: testBucket, region: testRegion, objectLock: 'enabled' });
    const now = (): number => clock.now();
    const services = [createFakeS3({ buckets: [bucket], pageKeys: 3, now })];
    const fake = await FakeAws.start({ services });
    const store = openS3StoreOn(fake.endpoint, quickLimits, {
      lock: { lockDays: 30, ...(mode === 'governance' ? { lockMode: mode } : {}) },
      clock: { ...systemClock, now: () => clock.now() },
    });
    return {
      store,
      dispose: async () => {
        store.close();
        await fake[Symbol.asyncDispose]();
      },
    };
  });
}
