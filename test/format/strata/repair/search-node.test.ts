import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SessionId } from '../../../../src/domain/identifiers.ts';
import { recordIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import { encodeMapNode } from '../../../../src/format/strata/map/encode-map-node.ts';
import type { MapEntry } from '../../../../src/format/strata/map/map-node.ts';
import { packRefOf } from '../../../../src/format/strata/map/record-ref.ts';
import { searchNode } from '../../../../src/format/strata/repair/search-node.ts';

const key = new Uint8Array(32).fill(3);
const sessionId = 'ffeeddcc-bbaa-9988-7766-554433221100' as SessionId;
const pack = packRefOf({ sessionId, writer: 7, number: 0 });

/** A reference, different for each number. */
function ref(number: number): MapEntry {
  return { pack, offset: 40 + 200 * number, lengthBytes: 200, id: new Uint8Array(32).fill(number) };
}

function found(
  entries: readonly MapEntry[],
  options: readonly (readonly MapEntry[])[],
): readonly MapEntry[] | null {
  const place = { level: 0, position: 5, entryCount: entries.length };
  const id = recordIdOf(key, encodeMapNode({ ...place, entries }));
  return searchNode(place, id, key, options)?.entries ?? null;
}

describe('putting a map node together', () => {
  it('finds the combination that has the id, whatever else an entry may be', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
            fc.nat(),
          ),
          { minLength: 1, maxLength: 8 },
        ),
        (drawn) => {
          const entryOf = (number: number): MapEntry =>
            number === 0 ? 'absent' : number === 1 ? 'zero' : ref(number);
          const options = drawn.map(([numbers]) => numbers.map(entryOf));
          const truth = drawn.map(([numbers, pick]) =>
            entryOf(numbers[pick % numbers.length] ?? 0),
          );
          assert.deepEqual(found(truth, options), truth);
        },
      ),
      { numRuns: 200, seed: 5 },
    );
  });

  it('finds nothing when no combination has the id, or an entry can be nothing', () => {
    assert.equal(found([ref(2), ref(3)], [[ref(2)], [ref(4), 'absent']]), null);
    assert.equal(found([ref(2), ref(3)], [[ref(2)], []]), null);
  });

  it('tries those first that differ least from the likeliest', () => {
    const likeliest = Array.from({ length: 64 }, (_, n) => ref(n));
    const truth = likeliest.with(63, 'zero').with(40, 'absent');
    const options = likeliest.map((entry): readonly MapEntry[] => [entry, 'absent', 'zero']);
    assert.deepEqual(found(truth, options), truth, 'two of 64 entries are others');
  });
});
