import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeObjectStore } from '../../../../src/adapters/aws/s3/probe-object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import { locationOn } from '../../../support/aws/s3/s3-store-on.ts';
import { type S3StoreRig, startS3StoreRig } from './s3-store-rig.ts';

describe('the probe of a store', () => {
  it('is content with one that keeps its promises, and leaves nothing there', async () => {
    await using rig = await startS3StoreRig();

    await probeObjectStore(rig.store, locationOn(rig.fake.endpoint), systemRandom);

    assert.deepEqual(rig.bucket.keys(), []);
  });

  it('refuses one that takes the condition and overwrites, and leaves nothing there', async () => {
    await using rig = await startS3StoreRig({ conditionalWrites: 'ignored' });

    await assert.rejects(
      probeObjectStore(rig.store, locationOn(rig.fake.endpoint), systemRandom),
      (error) =>
        hasErrorCode(error, 'STORE_UNSUITABLE') && error.message.includes('overwrites an object'),
    );

    assert.deepEqual(rig.bucket.keys(), []);
  });

  it('wants a bucket that locks, where the ledger is to be locked', async () => {
    await using locking = await startS3StoreRig({ objectLock: 'enabled' });
    await using unlocking = await startS3StoreRig();
    const probe = ({ store, fake }: S3StoreRig): Promise<void> =>
      probeObjectStore(store, { ...locationOn(fake.endpoint), ledgerLockDays: 7 }, systemRandom);

    await probe(locking);
    await assert.rejects(
      probe(unlocking),
      (error) =>
        hasErrorCode(error, 'STORE_UNSUITABLE') &&
        error.message.includes('Bucket is missing Object Lock Configuration') &&
        (error.remedy?.includes('--lock-ledger') ?? false),
    );

    assert.deepEqual(locking.bucket.keys(), []);
    assert.deepEqual(unlocking.bucket.keys(), []);
  });

  it('refuses one that does not know the condition', async () => {
    await using rig = await startS3StoreRig();
    rig.fake.faults.arm('PutObject', { kind: 'error', status: 501, code: 'NotImplemented' });

    await assert.rejects(
      probeObjectStore(rig.store, locationOn(rig.fake.endpoint), systemRandom),
      (error) => hasErrorCode(error, 'STORE_UNSUITABLE'),
    );
  });
});
