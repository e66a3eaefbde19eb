import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ebsLimits } from '../../../../src/adapters/aws/ebs/ebs-limits.ts';
import { createReadPace } from '../../../../src/adapters/aws/ebs/read-pace.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { Clock } from '../../../../src/ports/clock.ts';

/** Time that passes only while somebody sleeps. */
function steppedClock(): Clock & { nowMs: number } {
  const clock = {
    nowMs: 1_000,
    now: () => clock.nowMs as TimestampMs,
    sleep: (durationMs: number) => {
      clock.nowMs += durationMs;
      return Promise.resolve();
    },
  };
  return clock;
}

describe('the pace of reads', () => {
  it('is never faster than allowed, over any second', async () => {
    const clock = steppedClock();
    const pace = createReadPace(clock, ebsLimits);
    const turnsMs: number[] = [];
    for (let n = 0; n < 10_000; n += 1) {
      await pace.turn();
      turnsMs.push(clock.nowMs);
      pace.succeeded();
    }
    for (const [n, turnMs] of turnsMs.entries()) {
      const later = turnsMs[n + 1_030];
      assert.ok(later === undefined || later - turnMs >= 1000, `turn ${n} at ${turnMs}`);
    }
    assert.equal(pace.perSecond, ebsLimits.readsPerSecondMax);
  });

  it('halves with an event of throttling, however many reads it hits, and recovers', async () => {
    const clock = steppedClock();
    const pace = createReadPace(clock, ebsLimits);

    for (let n = 0; n < 50; n += 1) pace.throttled();
    assert.equal(pace.perSecond, ebsLimits.readsPerSecondFirst / 2);

    clock.nowMs += ebsLimits.throttleEventMs;
    pace.throttled();
    assert.equal(pace.perSecond, ebsLimits.readsPerSecondFirst / 4);

    const beforeMs = clock.nowMs;
    while (clock.nowMs < beforeMs + 1000) {
      await pace.turn();
      pace.succeeded();
    }
    const gained = pace.perSecond - ebsLimits.readsPerSecondFirst / 4;
    assert.ok(Math.abs(gained - ebsLimits.readsPerSecondGain) < 5, `gained ${gained}`);
  });

  it('never comes to a stop', () => {
    const clock = steppedClock();
    const pace = createReadPace(clock, ebsLimits);
    for (let n = 0; n < 100; n += 1) {
      clock.nowMs += ebsLimits.throttleEventMs;
      pace.throttled();
    }
    assert.equal(pace.perSecond, ebsLimits.readsPerSecondMin);
  });
});
