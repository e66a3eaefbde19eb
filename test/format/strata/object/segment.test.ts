import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import {
  decodeSegment,
  encodeSegment,
  type SegmentEntry,
} from '../../../../src/format/strata/object/segment.ts';

const location = { objectKey: 'control/s/segments-p/0000-00000000' };
const u32 = fc.nat({ max: 2 ** 32 - 1 });
const id = fc.uint8Array({ minLength: 32, maxLength: 32 });
const entries = fc.array(
  fc.oneof(
    fc.constantFrom<SegmentEntry>({ kind: 'unchanged' }, { kind: 'zero' }),
    fc.record({
      kind: fc.constant('data' as const),
      pack: fc.record(
        { writer: fc.nat({ max: 2 }), number: fc.nat({ max: 2 }) },
        { noNullPrototype: true },
      ),
      offset: u32,
      lengthBytes: fc.integer({ min: 93, max: 2 ** 32 - 1 }),
      id,
    }),
    fc.record({
      kind: fc.constant('copy' as const),
      parentIndex: u32.map((index) => index as BlockIndex),
      id,
    }),
  ),
  { maxLength: 100 },
);
const counts = {
  blocksRead: 1,
  blocksUnchanged: 2,
  blocksZero: 3,
  blocksDeduplicated: 4,
  blocksStored: 5,
  bytesRead: 6 * 2 ** 40,
  bytesStored: 7 * 2 ** 40,
};

describe('a segment', () => {
  it('gives back what was put into it', () => {
    fc.assert(
      fc.property(entries, fc.nat({ max: 1_000_000 }), (list, firstPlanned) => {
        const endPlanned = firstPlanned + list.length;

        const bytes = encodeSegment({ firstPlanned, endPlanned, counts, entries: list });
        const segment = decodeSegment(bytes, location);

        assert.deepEqual([segment.firstPlanned, segment.endPlanned], [firstPlanned, endPlanned]);
        assert.deepEqual(segment.counts, counts);
        assert.deepEqual([...segment.entries].map(plain), list.map(plain));
      }),
    );
  });

  it('takes exactly as many entries as it says', () => {
    const list: SegmentEntry[] = [{ kind: 'zero' }, { kind: 'zero' }];
    const encode = (endPlanned: number): Uint8Array =>
      encodeSegment({ firstPlanned: 0, endPlanned, counts, entries: list });

    assert.throws(() => encode(1), { code: 'INTERNAL' });
    assert.throws(() => encode(3), { code: 'INTERNAL' });
  });

  it('is refused cut short, with an unknown kind or a pack that it does not name', () => {
    const entry = { kind: 'data', offset: 40, lengthBytes: 100, id: new Uint8Array(32) } as const;
    const pack = { writer: 1, number: 0 };
    const bytes = encodeSegment({
      firstPlanned: 0,
      endPlanned: 1,
      counts,
      entries: [{ ...entry, pack }],
    });
    const withByte = (offset: number, value: number): Uint8Array => {
      const changed = bytes.slice();
      changed[offset] = value;
      return changed;
    };
    const read = (changed: Uint8Array): unknown => [...decodeSegment(changed, location).entries];
    const refused = { code: 'OBJECT_CORRUPT', message: /segments-p/ };

    assert.equal(bytes.length, 48 + 8 + 45);
    assert.throws(() => read(bytes.subarray(0, 40)), refused);
    assert.throws(() => read(bytes.subarray(0, bytes.length - 1)), refused);
    assert.throws(() => read(withByte(56, 9)), refused);
    assert.throws(() => read(withByte(57, 9)), refused);
    assert.throws(() => read(withByte(4, 0)), refused);
  });

  it('is refused with a value in a field that its kind of entry does not use', () => {
    const id = new Uint8Array(32).fill(7);
    const copy = { kind: 'copy', parentIndex: 5 as BlockIndex, id } as const;
    const list: SegmentEntry[] = [{ kind: 'unchanged' }, { kind: 'zero' }, copy];
    const bytes = encodeSegment({ firstPlanned: 0, endPlanned: 3, counts, entries: list });
    const isUsed = (position: number, field: number): boolean =>
      position === 2 && ((field >= 5 && field < 9) || field >= 13);
    list.forEach((_, position) => {
      for (let field = 1; field < 45; field += 1) {
        const changed = Uint8Array.from(bytes);
        changed[48 + 45 * position + field] = 0xff;
        const read = (): unknown => [...decodeSegment(changed, location).entries];
        if (isUsed(position, field)) read();
        else assert.throws(read, { code: 'OBJECT_CORRUPT', message: /must be zero/ });
      }
    });
  });
});

function plain(entry: SegmentEntry): unknown {
  return 'id' in entry ? { ...entry, id: Buffer.from(entry.id).toString('hex') } : entry;
}
