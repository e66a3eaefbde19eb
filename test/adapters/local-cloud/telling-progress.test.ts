import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { localCloudLimits } from '../../../src/adapters/local-cloud/local-cloud-limits.ts';
import { tellingProgress } from '../../../src/adapters/local-cloud/snapshots/telling-progress.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import type { TimestampMs } from '../../../src/domain/identifiers.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { SnapshotProgress } from '../../../src/ports/cloud/snapshots.ts';

/** Sleeps until the test lets it, or until it is aborted. */
class WaitingClock implements Clock {
  readonly now = (): TimestampMs => systemClock.now();
  sleptMs = 0;
  #wake: () => void = () => undefined;

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => {
        resolve();
      });
    });
    signal?.throwIfAborted();
    this.sleptMs += durationMs;
  }

  async pass(): Promise<void> {
    this.#wake();
    await setImmediate();
  }
}

describe('what is told of a capture', () => {
  const bytesTotal = 100;

  it('is how far it has come by each look, and all of it at its end', async () => {
    const clock = new WaitingClock();
    const told: SnapshotProgress[] = [];
    let bytesDone = 0;
    const onProgress = (progress: SnapshotProgress): void => void told.push(progress);

    const result = await tellingProgress(
      { clock, bytesDone: () => bytesDone, bytesTotal, onProgress },
      async () => {
        for (bytesDone of [30, 60, 60]) await clock.pass();
        return 'done';
      },
    );

    assert.equal(result, 'done');
    assert.deepEqual(
      told,
      [30, 60, bytesTotal].map((done) => ({ bytesDone: done, bytesTotal })),
    );
    assert.equal(clock.sleptMs, 3 * localCloudLimits.captureProgressMs);
  });

  it('is nothing when it is done before the first look', async () => {
    const onProgress = (): void => assert.fail('there was nothing to tell');
    const bytesDone = (): number => bytesTotal;
    const progress = { clock: new WaitingClock(), bytesDone, bytesTotal, onProgress };
    assert.equal(await tellingProgress(progress, () => Promise.resolve('done')), 'done');
  });

  it('ends without the rest when it fails', async () => {
    const clock = new WaitingClock();
    const told: number[] = [];
    const onProgress = ({ bytesDone }: SnapshotProgress): void => void told.push(bytesDone);
    await assert.rejects(
      tellingProgress({ clock, bytesDone: () => 40, bytesTotal, onProgress }, async () => {
        await clock.pass();
        throw new RangeError('enough');
      }),
      RangeError,
    );
    assert.deepEqual(told, [40]);
  });
});
