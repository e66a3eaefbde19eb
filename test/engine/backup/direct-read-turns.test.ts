import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectReadTurns } from '../../../src/engine/backup/direct-read-turns.ts';

const never = new AbortController().signal;

describe('turns of sessions that read directly', () => {
  it('are taken by so many at once; the others come in their order', async () => {
    const turns = new DirectReadTurns(2);
    const order: string[] = [];
    const take = async (name: string): Promise<() => void> => {
      const giveBack = await turns.take(never);
      order.push(name);
      return giveBack;
    };
    const [first, second] = [await take('first'), await take('second')];
    const [third, fourth] = [take('third'), take('fourth')];
    await settle();
    assert.deepEqual(order, ['first', 'second']);

    second();
    (await third)();
    await fourth;
    assert.deepEqual(order, ['first', 'second', 'third', 'fourth']);
    first();
  });

  it('are waited for no longer than wanted, and then go to the next one', async () => {
    const turns = new DirectReadTurns(1);
    const stop = new AbortController();
    const giveBack = await turns.take(never);
    const left = turns.take(stop.signal);
    const stays = turns.take(never);
    stop.abort(new Error('enough'));
    await assert.rejects(left, /enough/);
    giveBack();
    (await stays)();
    await assert.rejects(turns.take(stop.signal), /enough/);
  });

  it('that are given back twice let nobody in besides', async () => {
    const turns = new DirectReadTurns(1);
    const giveBack = await turns.take(never);
    giveBack();
    giveBack();
    await turns.take(never);
    let isIn = false;
    void turns.take(never).then(() => (isIn = true));
    await settle();
    assert.equal(isIn, false);
  });
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
