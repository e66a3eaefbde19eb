import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { IdTable, type IdValue } from '../../../../src/format/strata/transfer/id-table.ts';

/** An id whose first word is `start`, where a table begins to look, and whose last is `rest`. */
function idOf(start: number, rest: number): Uint32Array {
  return Uint32Array.of(start, 0, 0, 0, 0, 0, 0, rest);
}

describe('an id table', () => {
  it('finds what was added, and nothing else, also among ids that begin alike', () => {
    const word = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(4094, 4095, 4096, 0xffff_ffff));
    const ids = fc.uniqueArray(fc.tuple(word, fc.nat({ max: 5 })), {
      selector: ([start, rest]) => `${start}/${rest}`,
      maxLength: 40,
    });
    fc.assert(
      fc.property(ids, fc.nat({ max: 40 }), (all, known) => {
        const table = new IdTable(4096);
        const valueOf = (index: number): IdValue => [index, 2 ** 32 - 1, index * 3];
        all.slice(0, known).forEach(([start, rest], index) => {
          table.add(idOf(start, rest), 0, valueOf(index));
        });
        all.forEach(([start, rest], index) => {
          const found = table.find(idOf(start, rest), 0);
          assert.deepEqual(found, index < known ? valueOf(index) : null);
        });
      }),
    );
  });

  it('grows to its limit, then forgets the oldest and keeps the newest', () => {
    const table = new IdTable(8192);
    const scattered = (index: number): Uint32Array => idOf(Math.imul(index, 0x9e37_79b1), index);
    const count = 30_000;
    for (let index = 0; index < count; index += 1) table.add(scattered(index), 0, [index, 0, 0]);
    const isKnown = (index: number): boolean => table.find(scattered(index), 0)?.[0] === index;
    const known = Array.from({ length: count }, (_, index) => isKnown(index));
    const oldestKnown = known.indexOf(true);
    assert.ok(count - oldestKnown >= 0.75 * 8192, 'at least a whole generation is remembered');
    assert.ok(count - oldestKnown <= 2 * 0.75 * 8192, 'no more than two are');
    assert.ok(known.slice(oldestKnown).every(Boolean), 'without a gap');
  });

  it('reads an id out of the middle of other words', () => {
    const table = new IdTable(4096);
    const words = new Uint32Array(24).map((_, index) => index * 7);
    table.add(words, 8, [1, 2, 3]);
    assert.deepEqual(table.find(words.slice(8, 16), 0), [1, 2, 3]);
    assert.equal(table.find(words, 16), null);
  });
});
