import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RecentlyMade } from '../../../../src/adapters/aws/ec2/recently-made.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/clock/virtual-clock.ts';

describe('what was made a moment ago', () => {
  const appearanceMs = 1_000;
  let clock: VirtualClock;
  let recent: RecentlyMade<string>;

  beforeEach(() => {
    clock = createVirtualClock();
    recent = new RecentlyMade(clock, appearanceMs);
  });

  const unseen = (...seenIds: readonly string[]) => recent.unseen(seenIds, () => true);
  const agoMs = (durationMs: number) => (clock.now() - durationMs) as TimestampMs;

  it('is told of until a listing shows it, but is recent until its time is over', async () => {
    recent.add('a', 'an A');
    assert.deepEqual([unseen(), unseen('a'), unseen()], [['an A'], [], []]);

    await clock.advance(appearanceMs - 1);
    assert.ok(recent.has('a'));
    await clock.advance(1);
    assert.ok(!recent.has('a'));
  });

  it('is not told of for ever when no listing shows it', async () => {
    recent.add('a', 'an A');
    await clock.advance(appearanceMs);

    assert.deepEqual(unseen(), []);
    assert.ok(!recent.has('a'));
  });

  it('is recent by its own time when another process made it', async () => {
    recent.addShown('old', 'an old one', agoMs(appearanceMs));
    recent.addShown('young', 'a young one', agoMs(appearanceMs - 10));
    assert.deepEqual([recent.has('old'), recent.has('young')], [false, true]);
    assert.deepEqual(unseen(), []);

    await clock.advance(10);
    assert.ok(!recent.has('young'));
  });

  it('is not recent for longer because the clock of EC2 is ahead', async () => {
    recent.addShown('a', 'an A', agoMs(-60_000));
    await clock.advance(appearanceMs);

    assert.ok(!recent.has('a'));
  });

  it('is recent as long as this process knows of it, whatever time EC2 tells', () => {
    recent.add('a', 'an A');
    recent.addShown('a', 'an A', agoMs(60_000));

    assert.ok(recent.has('a'));
    assert.deepEqual(unseen(), []);
  });

  it('is recent no more once it is removed', () => {
    recent.add('a', 'an A');
    recent.forget('a');

    assert.ok(!recent.has('a'));
    assert.deepEqual(unseen(), []);
  });
});
