import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openS3ObjectStore } from '../../../../src/adapters/aws/s3/s3-object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { testCredentials } from '../../../support/aws/fake-aws.ts';
import { locationOn, quickLimits } from '../../../support/aws/s3/s3-store-on.ts';
import { startS3StoreRig } from './s3-store-rig.ts';
import { systemClock } from '../../../../src/adapters/system/system-clock.ts';

const entry = 'ledger/log/0000000000000000' as ObjectKey;
const subject = 'ledger/subjects/instance-web-1' as ObjectKey;
const unlocked = [
  'ledger/sensitive/instance-web-1' as ObjectKey,
  'ledger/streams/instance-web-1/0000000001' as ObjectKey,
  'packs/s/0' as ObjectKey,
];
const now = Date.UTC(2030, 0, 1) as TimestampMs;
const body = new TextEncoder().encode('sealed');

describe('the ledger under Object Lock (a fake)', () => {
  it('cannot be removed for the days that were said, and everything else can', async () => {
    await using rig = await startS3StoreRig({ objectLock: 'enabled' });
    const store = openS3ObjectStore({
      location: { ...locationOn(rig.fake.endpoint), ledgerLockDays: 30 },
      clock: { ...systemClock, now: () => now },
      random: systemRandom,
      credentials: testCredentials,
      limits: quickLimits,
    });
    for (const key of [entry, subject, ...unlocked]) await store.create(key, body);
    store.close();

    const dayMs = 24 * 60 * 60 * 1000;
    for (const key of [entry, subject]) {
      const name = `some/prefix/${key}`;
      const [version] = rig.bucket.versions(name);
      assert.deepEqual(version?.retention, { mode: 'COMPLIANCE', untilMs: now + 30 * dayMs });
      const { versionId } = version;
      assert.throws(
        () => {
          rig.bucket.deleteVersion(name, versionId, now + 30 * dayMs - 1);
        },
        { code: 'AccessDenied' },
      );
      rig.bucket.deleteVersion(name, versionId, now + 30 * dayMs);
      assert.deepEqual(rig.bucket.versions(name), []);
    }
    for (const key of unlocked) {
      assert.deepEqual(rig.bucket.versions(`some/prefix/${key}`)[0]?.retention, null, key);
    }
  });

  it('is not locked where nothing was said', async () => {
    await using rig = await startS3StoreRig({ objectLock: 'enabled' });
    await rig.store.create(entry, body);
    assert.equal(rig.bucket.versions(`some/prefix/${entry}`)[0]?.retention, null);
  });
});
