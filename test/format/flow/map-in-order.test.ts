import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapInOrder } from '../../../src/format/flow/map-in-order.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield await Promise.resolve(number);
}

function later<T>(value: T, turns: number): Promise<T> {
  return turns === 0
    ? Promise.resolve(value)
    : new Promise((resolve) => setImmediate(resolve)).then(() => later(value, turns - 1));
}

describe('working on several inputs in order', () => {
  it('keeps the order and the limit, whatever each one takes', async () => {
    let inFlight = 0;
    let most = 0;
    const perform = async (number: number): Promise<number> => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      const result = await later(number, (number * 7) % 5);
      inFlight -= 1;
      return result;
    };
    const { signal } = new AbortController();
    const outputs = await Array.fromAsync(
      mapInOrder({ source: numbers(50), perform, inFlightMax: 4, signal }),
    );
    assert.deepEqual(outputs, await Array.fromAsync(numbers(50)));
    assert.equal(most, 4);
  });

  it('throws an error in its turn, after the outputs before it', async () => {
    const perform = (number: number): Promise<number> =>
      number === 2 ? Promise.reject(new Error('two')) : later(number, 3);
    const { signal } = new AbortController();
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const output of mapInOrder({
        source: numbers(9),
        perform,
        inFlightMax: 4,
        signal,
      }))
        seen.push(output);
    }, /two/);
    assert.deepEqual(seen, [0, 1]);
  });

  it('ends with the reason of an abort although a work hangs', async () => {
    const controller = new AbortController();
    const outputs = mapInOrder({
      source: numbers(3),
      perform: () => new Promise<number>(() => undefined),
      inFlightMax: 2,
      signal: controller.signal,
    });
    const first = outputs.next();
    setImmediate(() => {
      controller.abort(new Error('enough'));
    });
    await assert.rejects(first, /enough/);
  });
});
