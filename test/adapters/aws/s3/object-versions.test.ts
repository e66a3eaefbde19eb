import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { FakeAws } from '../../../support/aws/fake-aws.ts';
import { FakeBucket } from '../../../support/aws/s3/fake-bucket.ts';
import { createFakeS3 } from '../../../support/aws/s3/fake-s3.ts';
import {
  openS3StoreOn,
  quickLimits,
  testBucket,
  testRegion,
} from '../../../support/aws/s3/s3-store-on.ts';
import { startS3StoreRig } from './s3-store-rig.ts';

const day = 24 * 60 * 60 * 1000;
const key = 'packs/s/1' as ObjectKey;
const name = `some/prefix/${key}`;
const body = new TextEncoder().encode('as it was made');
const garbage = new TextEncoder().encode('garbage');

/** As somebody does who has the credentials, and asks for no condition. */
function putOver(bucket: FakeBucket, over: string, until: number | null): void {
  const retention = until === null ? null : { mode: 'COMPLIANCE' as const, untilMs: until };
  const content = { body: garbage, metadata: {}, checksumSha256: undefined, retention };
  bucket.put(over, content, { ifNoneMatch: false, nowMs: Date.now() });
}

describe('objects of a bucket in which points are locked (a fake of S3)', () => {
  const now = Date.now();
  const until = (now + 30 * day) as TimestampMs;

  async function withStore(
    work: (rig: {
      readonly bucket: FakeBucket;
      readonly store: ReturnType<typeof openS3StoreOn>;
      readonly fresh: ReturnType<typeof openS3StoreOn>;
      readonly requests: () => readonly string[];
    }) => Promise<void>,
  ): Promise<void> {
    const asked: string[] = [];
    await using rig = await startS3StoreRig({ objectLock: 'enabled' }, undefined, (operation) =>
      asked.push(operation),
    );
    const open = (): ReturnType<typeof openS3StoreOn> =>
      openS3StoreOn(rig.fake.endpoint, quickLimits, { lock: { lockDays: 30 }, clock: systemClock });
    const store = open();
    const fresh = open();
    await work({ bucket: rig.bucket, store, fresh, requests: () => asked });
    store.close();
    fresh.close();
  }

  it('are read as they were made when a marker hides them', async () => {
    await withStore(async ({ bucket, store, fresh }) => {
      await store.create(key, body, { retainUntil: until });
      bucket.delete(name, now);

      for (const each of [store, fresh]) {
        assert.deepEqual(await each.get(key), body);
        assert.deepEqual(await each.head(key), { key, sizeBytes: body.length });
        assert.equal((await Array.fromAsync(each.list('packs/'))).length, 1);
      }
      assert.deepEqual(await Array.fromAsync(store.retention?.disturbed('') ?? []), [key]);
    });
  });

  it('are read as they were made when something else was put over them, even under a lock of its own', async () => {
    await withStore(async ({ bucket, store, fresh }) => {
      await store.create(key, body, { retainUntil: until });
      bucket.delete(name, now);
      putOver(bucket, name, now + 3650 * day);

      for (const each of [store, fresh]) {
        assert.deepEqual(await each.get(key), body);
        assert.deepEqual(await each.get(key, { offset: 3, lengthBytes: 2 }), body.subarray(3, 5));
        assert.deepEqual(await Array.fromAsync(each.list('packs/')), [
          { key, sizeBytes: body.length },
        ]);
      }
      assert.deepEqual(await Array.fromAsync(store.retention?.disturbed('packs/') ?? []), [key]);
    });
  });

  it('are removed with all versions, so that nothing is left that is paid for', async () => {
    await withStore(async ({ bucket, store }) => {
      await store.create(key, body);
      bucket.delete(name, now);
      putOver(bucket, name, null);

      await store.delete(key);

      assert.deepEqual(bucket.versions(name), []);
    });
  });

  it('leave no marker behind where there is nothing to remove', async () => {
    await withStore(async ({ bucket, store }) => {
      await store.delete(key);
      assert.deepEqual(bucket.allKeys(), []);
    });
  });

  it('are found a thousand with one request', async () => {
    await withStore(async ({ store, fresh, requests }) => {
      const keys = Array.from({ length: 50 }, (_, n) => `packs/s/${String(n + 10)}` as ObjectKey);
      for (const each of keys) await store.create(each, body);
      const before = requests().length;
      for (const each of keys) assert.deepEqual(await fresh.get(each), body);
      const asked = requests().slice(before);
      assert.equal(asked.filter((operation) => operation === 'ListObjectVersions').length, 1);
      assert.equal(asked.length, 51);
    });
  });

  it('are not locked by a clock that is far from that of the store: the date could not be taken back', async () => {
    const bucket = new FakeBucket({ name: testBucket, region: testRegion, objectLock: 'enabled' });
    const service = createFakeS3({ buckets: [bucket] });
    const date = new Date(Date.now() - 400 * day).toUTCString();
    const handle: typeof service.handle = async (request) => {
      const reply = await service.handle(request);
      return { ...reply, headers: { ...reply.headers, date } };
    };
    await using fake = await FakeAws.start({ services: [{ ...service, handle }] });
    const store = openS3StoreOn(fake.endpoint, quickLimits, { lock: { lockDays: 30 } });
    await store.create('control/s/hello' as ObjectKey, body);

    const locking = store.create(key, body, { retainUntil: until });
    await assert.rejects(locking, { code: 'CLOCK_WRONG', message: /minutes ahead of that/ });
    assert.deepEqual(bucket.versions(name), []);
    store.close();
  });

  it('are under the lock that the vault has chosen', async () => {
    await using rig = await startS3StoreRig({ objectLock: 'enabled' });
    const lock = { lockDays: 30, lockMode: 'governance' } as const;
    const store = openS3StoreOn(rig.fake.endpoint, quickLimits, { lock });
    await store.create(key, body, { retainUntil: until });
    assert.deepEqual(rig.bucket.versions(name)[0]?.retention, {
      mode: 'GOVERNANCE',
      untilMs: until,
    });
    store.close();
  });
});
