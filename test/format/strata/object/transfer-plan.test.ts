import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import {
  PlanPageBuilder,
  readPlanPage,
  type PlannedParent,
} from '../../../../src/format/strata/object/transfer-plan.ts';

const location = { objectKey: 'control/s/plan-p/00000000' };
const parents = fc.oneof(
  fc.constant<PlannedParent>(null),
  fc.constant<PlannedParent>('zero'),
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
);
const entries = fc
  .uniqueArray(
    fc.record({ index: fc.nat({ max: 2 ** 32 - 1 }), absent: fc.boolean(), parent: parents }),
    { selector: (entry) => entry.index, maxLength: 200 },
  )
  .map((list) => list.sort((a, b) => a.index - b.index));

describe('a page of a transfer plan', () => {
  it('gives back what was put into it', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const builder = new PlanPageBuilder();
        for (const { index, absent, parent } of list) {
          if (absent) builder.addAbsent(index as BlockIndex);
          else builder.addRead(index as BlockIndex, parent);
        }

        const page = readPlanPage(builder.finish(), location);

        assert.equal(page.count, list.length);
        list.forEach(({ index, absent, parent }, n) => {
          assert.equal(page.blockIndexAt(n), index);
          assert.equal(page.actionAt(n), absent ? 'absent' : 'read');
          const found = page.parentAt(n);
          const expected = absent ? null : parent;
          if (expected instanceof Uint8Array) {
            assert.ok(found instanceof Uint8Array);
            assert.deepEqual([...found], [...expected]);
          } else assert.equal(found, expected);
        });
      }),
    );
  });

  it('takes 65,536 entries and not one more', () => {
    const builder = new PlanPageBuilder();
    for (let n = 0; n < 65_536; n += 1) builder.addAbsent(n as BlockIndex);
    assert.throws(() => {
      builder.addAbsent(65_536 as BlockIndex);
    }, /65,536/);
    assert.equal(readPlanPage(builder.finish(), location).count, 65_536);
  });

  it('is refused when its entries do not ascend, its flags are unknown or its length is wrong', () => {
    const page = (...indexes: number[]): Uint8Array => {
      const builder = new PlanPageBuilder();
      for (const index of indexes) builder.addAbsent(index as BlockIndex);
      return builder.finish();
    };
    const unknownFlags = page(1);
    unknownFlags[4 + 4] = 2;
    const idWithoutFlag = page(1);
    idWithoutFlag[4 + 36] = 1;
    const refused = { code: 'OBJECT_CORRUPT' };

    assert.throws(() => readPlanPage(page(4, 4), location), refused);
    assert.throws(() => readPlanPage(page(4, 3), location), refused);
    assert.throws(() => readPlanPage(unknownFlags, location), refused);
    assert.throws(() => readPlanPage(idWithoutFlag, location), refused);
    assert.throws(() => readPlanPage(page(4).subarray(1), location), refused);
    assert.throws(() => readPlanPage(new Uint8Array(3), location), refused);
  });
});
