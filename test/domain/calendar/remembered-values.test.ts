import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RememberedValues } from '../../../src/domain/calendar/remembered-values.ts';

/** What was found for each key, and for which keys it had to be looked for. */
function ask(
  keysMax: number,
  keys: readonly number[],
): readonly [readonly string[], readonly number[]] {
  const searched: number[] = [];
  const remembered = new RememberedValues<number, string>(keysMax);
  const values = keys.map((asked) =>
    remembered.of(asked, (key) => {
      searched.push(key);
      return `value of ${key}`;
    }),
  );
  return [values, searched];
}

describe('remembered values', () => {
  it('are looked for once', () => {
    const [values, searched] = ask(10, [1, 2, 1, 2, 1]);
    assert.deepEqual(
      values,
      [1, 2, 1, 2, 1].map((key) => `value of ${key}`),
    );
    assert.deepEqual(searched, [1, 2]);
  });

  it('are never more than was allowed: all are forgotten for one more', () => {
    assert.deepEqual(ask(2, [1, 2, 1, 2, 3, 3, 1, 2])[1], [1, 2, 3, 1, 2]);
  });
});
