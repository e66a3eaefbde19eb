import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlockIndex, SessionId } from '../../../../src/domain/identifiers.ts';
import { decodeLimits } from '../../../../src/format/strata/decode/decode-limits.ts';
import { planGets } from '../../../../src/format/strata/decode/plan-gets.ts';
import type { BlockItem } from '../../../../src/format/strata/decode/volume-section.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';

function blockAt(index: number, pack: number, offset: number, lengthBytes: number): BlockItem {
  const key = `packs/${pack}` as ObjectKey;
  const name = { sessionId: 'session' as SessionId, writer: 0, number: pack, key };
  const id = new Uint8Array(32);
  return {
    kind: 'block',
    index: index as BlockIndex,
    ref: { pack: name, offset, lengthBytes, id },
  };
}

describe('planning ranged gets', () => {
  it('brings every record whole, each once, in ranges within the limit', () => {
    const piece = fc.record({
      pack: fc.nat({ max: 2 }),
      offset: fc.nat({ max: 32 * 1024 * 1024 }),
      lengthBytes: fc.integer({ min: 93, max: 520 * 1024 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const blocks = pieces.map(({ pack, offset, lengthBytes }, index) =>
          blockAt(index, pack, offset, lengthBytes),
        );
        const gets = planGets(blocks);
        const brought = gets.flatMap((get) => get.blocks.map(({ index }) => index));
        assert.deepEqual(
          brought.toSorted((a, b) => a - b),
          blocks.map(({ index }) => index),
        );
        for (const { key, range, blocks: inGet } of gets) {
          assert.ok(range.lengthBytes <= decodeLimits.getMaxBytes);
          for (const { ref } of inGet) {
            assert.equal(ref.pack.key, key);
            assert.ok(ref.offset >= range.offset);
            assert.ok(ref.offset + ref.lengthBytes <= range.offset + range.lengthBytes);
          }
        }
      }),
    );
  });

  it('reads neighbours at once, over small gaps but not over large ones', () => {
    const kibibyte = 1024;
    const gets = planGets([
      blockAt(0, 0, 0, 200 * kibibyte),
      blockAt(1, 0, 200 * kibibyte, 200 * kibibyte),
      blockAt(2, 0, 500 * kibibyte, 200 * kibibyte),
      blockAt(3, 0, 3000 * kibibyte, 200 * kibibyte),
      blockAt(4, 1, 0, 10),
    ]);
    assert.deepEqual(
      gets.map(({ blocks }) => blocks.map(({ index }) => index)),
      [[0, 1, 2], [3], [4]],
    );
  });
});
