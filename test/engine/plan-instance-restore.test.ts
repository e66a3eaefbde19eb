import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { localEngineLimits } from '../../src/engine/engine-limits.ts';
import { discardSnapshots } from '../../src/engine/restore/plan-instance-restore.ts';
import type { VolumeRestores } from '../../src/ports/cloud/volume-restores.ts';
import { constantRandom } from '../support/random/constant-random.ts';
import { atHour, sampleIds } from '../support/domain/sample-ids.ts';

describe('the snapshots that an instance was launched of', () => {
  it('are each discarded, whatever becomes of the others, and those that stay are named', async () => {
    const removed: string[] = [];
    const restores: VolumeRestores = {
      target: () => assert.fail('nothing is made here'),
      checkPlace: () => Promise.resolve(),
      ofSnapshot: () => Promise.reject(new Error('nothing is made here')),
      find: () => Promise.resolve([]),
      remove: (_, { resourceId }) => {
        if (resourceId === 'snap-1') {
          return Promise.reject(new SnapledgerError('SNAPSHOT_HELD', 'an image is made of it'));
        }
        removed.push(resourceId);
        return Promise.resolve('removed');
      },
    };
    const engine = {
      clock: { now: () => atHour(0), sleep: () => Promise.resolve() },
      random: constantRandom(7),
      limits: localEngineLimits,
    };
    const snapshots = [1, 2, 3].map((index) => ({
      volumeId: sampleIds.volume(`v${index}`),
      device: sampleIds.device(`d${index}`),
      snapshotId: sampleIds.snapshot(index),
      sizeBytes: 1,
      bytesWritten: 1,
    }));

    const left = await discardSnapshots(
      engine,
      { restores, region: sampleIds.region('eu') },
      snapshots,
    );

    assert.deepEqual(removed, ['snap-2', 'snap-3']);
    assert.equal(left.length, 1);
    assert.equal(left[0]?.code, 'SNAPSHOT_HELD');
    assert.match(
      left[0].message,
      /snapshot snap-1 in eu, .* could not be removed: an image is made of it/,
    );
  });
});
