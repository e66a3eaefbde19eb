import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';

const hourMs = 60 * 60 * 1000;

describe('the clock of this machine', () => {
  it('tells the time, and sleeps for at least as long as it was told', async () => {
    const before = systemClock.now();
    assert.ok(Math.abs(before - Date.now()) < 1000);

    await systemClock.sleep(30);

    // timers count in whole milliseconds of another clock
    assert.ok(systemClock.now() - before >= 28);
  });

  it('rejects with the reason of the signal as soon as it aborts, and lets go of it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const sleeping = systemClock.sleep(hourMs, controller.signal);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 1);

    controller.abort(reason);

    await assert.rejects(sleeping, (error) => error === reason);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  });

  it('lets go of the signal when it wakes up by itself', async () => {
    const { signal } = new AbortController();

    await systemClock.sleep(1, signal);

    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('does not fall asleep when the signal has aborted already', async () => {
    const reason = new Error('before');

    await assert.rejects(systemClock.sleep(hourMs, AbortSignal.abort(reason)), (error) => {
      return error === reason;
    });
  });

  it('sleeps for longer than a timer of Node can', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const monthMs = 30 * 24 * hourMs;
    let awake = false;
    const sleeping = systemClock.sleep(monthMs).then(() => (awake = true));

    return (async () => {
      t.mock.timers.tick(2 ** 31 - 1);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(awake, false);

      t.mock.timers.tick(monthMs - 2 ** 31 + 1);
      await sleeping;
      assert.ok(awake);
    })();
  });

  it('rejects durations that are none', async () => {
    for (const durationMs of [-1, NaN, Infinity]) {
      await assert.rejects(systemClock.sleep(durationMs), { code: 'INVALID_ARGUMENT' });
    }
  });

  it('does not keep a process alive after an abort', () => {
    const clock = new URL('../../../src/adapters/system/system-clock.ts', import.meta.url).href;
    const program = `
      import { systemClock } from ${JSON.stringify(clock)};
      const controller = new AbortController();
      systemClock.sleep(${hourMs}, controller.signal).catch(() => {});
      controller.abort();`;

    const { status, error } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { timeout: 8_000 },
    );

    assert.equal(error, undefined);
    assert.equal(status, 0);
  });
});
