import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasErrorCode } from '../../../../../src/domain/errors/snapledger-error.ts';
import { CallerRunner } from '../../../../../src/format/strata/transfer/threads/caller-runner.ts';

const doubling = (value: number): number => value * 2;

describe('jobs on the thread of their caller', () => {
  it('are done in order, each with its own reply', async () => {
    const done: number[] = [];
    const runner = new CallerRunner('trial', () => (value: number) => {
      done.push(value);
      return doubling(value);
    });
    const replies = await Promise.all([1, 2, 3].map((value) => runner.run(value)));
    assert.deepEqual(
      [replies, done],
      [
        [2, 4, 6],
        [1, 2, 3],
      ],
    );
  });

  it('do not begin before what asked for them has gone on', async () => {
    let begun = 0;
    const runner = new CallerRunner('trial', () => (value: number) => {
      begun += 1;
      return value;
    });
    const reply = runner.run(1);
    await Promise.resolve();
    assert.equal(begun, 0);
    await reply;
    assert.equal(begun, 1);
  });

  it('get what they are told at their start when the first is there, and once', async () => {
    let made = 0;
    const runner = new CallerRunner('trial', () => {
      made += 1;
      return doubling;
    });
    runner.warmUp();
    assert.equal(made, 0);
    await Promise.all([runner.run(1), runner.run(2)]);
    assert.equal(made, 1);
  });

  it('reject with what went wrong, and the others are done', async () => {
    const runner = new CallerRunner('trial', () => (value: number) => {
      if (value === 2) throw new RangeError('two is too much');
      return doubling(value);
    });
    await assert.rejects(runner.run(2), { message: 'two is too much' });
    assert.equal(await runner.run(3), 6);
  });

  it('are not done any more once it is closed', async () => {
    let done = 0;
    const runner = new CallerRunner('trial', () => () => (done += 1));
    const waiting = runner.run(1);
    await runner.close();
    for (const refused of [waiting, runner.run(2)]) {
      await assert.rejects(
        refused,
        (error) => hasErrorCode(error, 'CANCELLED') && error.message.includes('trial'),
      );
    }
    assert.equal(done, 0);
  });
});
