import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createVirtualClock, settled } from './virtual-clock.ts';

describe('the virtual clock', () => {
  it('stands still until it is advanced, and wakes sleepers in the order of their ends', async () => {
    const clock = createVirtualClock({ startMs: 1_000 });
    const woken: [string, number][] = [];
    const sleep = async (name: string, durationMs: number): Promise<void> => {
      await clock.sleep(durationMs);
      woken.push([name, clock.now()]);
    };
    const all = [sleep('long', 30), sleep('short', 10), sleep('never reached', 31)];
    await settled();
    assert.deepEqual(woken, []);
    assert.equal(clock.sleeperCount, 3);

    await clock.advance(30);
    assert.deepEqual(woken, [
      ['short', 1_010],
      ['long', 1_030],
    ]);
    assert.equal(clock.now(), 1_030);
    await clock.advance(1);
    await Promise.all(all);
    assert.deepEqual(clock.sleptMs, [30, 10, 31]);
  });

  it('lets a sleeper that sleeps again take part in the same advance', async () => {
    const clock = createVirtualClock({ startMs: 0 });
    const looks: number[] = [];
    const poll = async (): Promise<void> => {
      for (let look = 0; look < 3; look += 1) {
        await clock.sleep(10);
        looks.push(clock.now());
      }
    };
    const polling = poll();
    await clock.advance(100);
    await polling;
    assert.deepEqual(looks, [10, 20, 30]);
  });

  it('jumps by itself when nothing else is to do', async () => {
    const clock = createVirtualClock({ startMs: 0, advances: 'when-idle' });
    await Promise.all([clock.sleep(3_600_000), clock.sleep(60_000)]);
    assert.equal(clock.now(), 3_600_000);
  });

  it('ends a sleep with the reason of the abort, at once', async () => {
    const clock = createVirtualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1_000, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(sleeping, reason);
    assert.equal(clock.sleeperCount, 0);
    await assert.rejects(clock.sleep(1, controller.signal), reason);
  });
});
