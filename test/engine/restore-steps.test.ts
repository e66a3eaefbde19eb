import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SnapshotId } from '../../src/domain/identifiers.ts';
import type { RestoreSessionEvent } from '../../src/domain/restore-session/restore-events.ts';
import { restoreInstance, type ToInstance } from '../../src/engine/restore/restore-steps.ts';
import { eventStoreLimits } from '../../src/ports/event-store.ts';
import { sampleIds } from '../support/domain/sample-ids.ts';

const volumeCount = 128;

const never = new AbortController().signal;

describe('the steps of a restore to an instance', () => {
  it('discard its snapshots once the instance is recorded, and end with what was left behind', async () => {
    const told: string[] = [];
    const image = { code: 'CLOUD_REFUSED', message: 'the image' };
    const snapshot = { code: 'SNAPSHOT_HELD', message: 'a snapshot' };
    const work: ToInstance = {
      launch: {
        region: sampleIds.region('eu'),
        configuration: {},
        launch: () =>
          Promise.resolve({
            instanceId: sampleIds.instance('i-1'),
            volumes: [],
            leftOver: [image],
          }),
      },
      obtain: () => Promise.resolve([]),
      discard: () => {
        told.push('discarded');
        return Promise.resolve([snapshot]);
      },
    };
    const steps = restoreInstance(work, { signal: never });
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next()) {
      told.push(...step.value.map(({ type }) => type));
    }
    assert.deepEqual(told, ['RestoreInstanceRequested', 'InstanceRestored', 'discarded']);
    assert.deepEqual(step.value, [image, snapshot]);
  });

  it('record as many volumes as an instance can have, each append as a store takes it', async () => {
    const snapshots = Array.from({ length: volumeCount }, (_, index) => ({
      volumeId: sampleIds.volume(`v${index}`),
      device: sampleIds.device(`d${index}`),
      snapshotId: `snap-${index}` as SnapshotId,
      sizeBytes: 1,
      bytesWritten: 0,
    }));
    const work: ToInstance = {
      launch: {
        region: sampleIds.region('eu'),
        configuration: {},
        launch: () =>
          Promise.resolve({ instanceId: sampleIds.instance('i-1'), volumes: [], leftOver: [] }),
      },
      obtain: () => Promise.resolve(snapshots),
      discard: () => Promise.resolve([]),
    };
    const recorded: RestoreSessionEvent[] = [];
    for await (const events of restoreInstance(work, { signal: never })) {
      assert.ok(events.length > 0 && events.length <= eventStoreLimits.appendEventsMax);
      recorded.push(...events);
    }
    assert.deepEqual(
      recorded.map(({ type }) => type),
      ['RestoreInstanceRequested', ...snapshots.map(() => 'VolumeRestored'), 'InstanceRestored'],
    );
  });
});
