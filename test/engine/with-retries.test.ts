import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { withRetries } from '../../src/engine/retry/with-retries.ts';
import { constantRandom } from '../support/random/constant-random.ts';
import { createVirtualClock } from '../support/clock/virtual-clock.ts';

const policy = { attemptsMax: 5, firstDelayMs: 100, delayMaxMs: 250 };
/** Jitter takes from each pause what this byte says: all but nothing. */
const random = constantRandom(255);
const busy = new SnapledgerError('STORE_UNAVAILABLE', 'not now', { retry: 'retryable' });
const full = new SnapledgerError('STORE_FULL', 'no room');

/** Fails with each of these in turn, then gives 'done'. */
function failing(...errors: readonly Error[]): {
  readonly attempt: () => Promise<string>;
  readonly calls: () => number;
} {
  let calls = 0;
  return {
    attempt: () => {
      const error = errors[calls];
      calls += 1;
      return error === undefined ? Promise.resolve('done') : Promise.reject(error);
    },
    calls: () => calls,
  };
}

describe('retrying', () => {
  it('does not wait for what succeeds at once', async () => {
    const clock = createVirtualClock();
    const { attempt, calls } = failing();
    assert.equal(await withRetries(attempt, { policy, clock, random }), 'done');
    assert.equal(calls(), 1);
    assert.deepEqual(clock.sleptMs, []);
  });

  it('doubles its pauses up to the longest', async () => {
    const clock = createVirtualClock({ advances: 'when-idle' });
    const { attempt, calls } = failing(busy, busy, busy, busy);
    assert.equal(await withRetries(attempt, { policy, clock, random }), 'done');
    assert.equal(calls(), 5);
    assert.deepEqual(
      clock.sleptMs.map((ms) => Math.round(ms)),
      [100, 200, 250, 250],
    );
  });

  it('shortens its pauses by chance, to half at the least', async () => {
    const clock = createVirtualClock({ advances: 'when-idle' });
    const { attempt } = failing(busy, busy);
    await withRetries(attempt, { policy, clock, random: constantRandom(0) });
    assert.deepEqual(clock.sleptMs, [50, 100]);
  });

  it('ends after the last attempt, with its error and without a pause after it', async () => {
    const clock = createVirtualClock({ advances: 'when-idle' });
    const last = new SnapledgerError('TIMED_OUT', 'the last one', { retry: 'retryable' });
    const { attempt, calls } = failing(busy, busy, busy, busy, last);
    await assert.rejects(withRetries(attempt, { policy, clock, random }), last);
    assert.equal(calls(), 5);
    assert.equal(clock.sleptMs.length, 4);
  });

  it('does not repeat what cannot succeed later, nor what is unknown', async () => {
    for (const error of [full, new TypeError('a defect')]) {
      const clock = createVirtualClock();
      const { attempt, calls } = failing(error);
      await assert.rejects(withRetries(attempt, { policy, clock, random }), error);
      assert.equal(calls(), 1);
    }
  });

  it('stops in the middle of a pause when it is told to', async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const { attempt, calls } = failing(busy);
    const retrying = withRetries(attempt, { policy, clock, random, signal: controller.signal });
    await clock.advance(50);
    const reason = new Error('cancelled');
    controller.abort(reason);
    await assert.rejects(retrying, reason);
    assert.equal(calls(), 1);
  });
});
