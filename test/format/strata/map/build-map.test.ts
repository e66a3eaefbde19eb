import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MapEntry } from '../../../../src/format/strata/map/map-node.ts';
import { rootLevelOf } from '../../../../src/format/strata/map/map-geometry.ts';
import { MapFixture, blockRef, update } from './map-fixture.ts';

/** Sizes around the borders of leaves and levels: 64, 4096, and some in between. */
const blockCounts = fc.oneof(
  fc.constantFrom(1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 4200),
  fc.integer({ min: 1, max: 9000 }),
);
const entries = fc.oneof(
  fc.constant<MapEntry>('absent'),
  fc.constant<MapEntry>('zero'),
  fc.integer({ min: 0, max: 500 }).map(blockRef),
);
/** Runs, because volumes have them: whole subtrees become one mark. */
const contents = blockCounts.chain((blockCount) =>
  fc
    .array(fc.tuple(entries, fc.integer({ min: 1, max: 5000 })), { minLength: 1, maxLength: 12 })
    .map((runs) => {
      const blocks = new Array<MapEntry>(blockCount).fill('absent');
      let next = 0;
      for (const [entry, length] of runs) {
        blocks.fill(entry, next, next + length);
        next += length;
      }
      return blocks;
    }),
);

describe('a block map', () => {
  it('says of every block what it was built from: absent and zero stay different', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (blocks) => {
        const fixture = new MapFixture();

        const root = await fixture.build({
          blockCount: blocks.length,
          parent: null,
          base: 'empty',
          updates: blocks.map((entry, index) => update(index, entry)),
        });

        assert.deepEqual(plain(await fixture.entriesOf(root)), plain(blocks));
      }),
      { numRuns: 40 },
    );
  });

  it('is the same map, down to its ids, whether changed or built anew', async () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: 8999 }), entries), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(contents, changes, async (blocks, changed) => {
        const fixture = new MapFixture();
        const blockCount = blocks.length;
        const parent = await fixture.build({
          blockCount,
          parent: null,
          base: 'empty',
          updates: blocks.map((entry, index) => update(index, entry)),
        });
        const after = [...blocks];
        for (const [index, entry] of changed) if (index < blockCount) after[index] = entry;
        const updates = after
          .map((entry, index) => update(index, entry))
          .filter(({ index, entry }) => entry !== blocks[index]);

        const incremental = await fixture.build({ blockCount, parent, base: 'parent', updates });
        const everything = after.map((entry, index) => update(index, entry));
        const full = await fixture.build({
          blockCount,
          parent: incremental,
          base: 'empty',
          updates: everything,
        });

        assert.deepEqual(plain(await fixture.entriesOf(incremental)), plain(after));
        assert.deepEqual(full, incremental, 'reading everything again finds the same map');
        assert.equal(fixture.lastBuild.nodesWritten, 0, 'and writes no node');
      }),
      { numRuns: 40 },
    );
  });

  it('rewrites at most k leaves and their path for k scattered changes', async () => {
    const blockCount = 16_384;
    const fixture = new MapFixture();
    const all = Array.from({ length: blockCount }, (_, n) => update(n, blockRef(n)));
    const parent = await fixture.build({ blockCount, parent: null, base: 'empty', updates: all });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat({ max: blockCount - 1 }), { minLength: 1, maxLength: 40 }),
        async (indexes) => {
          const updates = indexes.sort((a, b) => a - b).map((n) => update(n, blockRef(n + 50_000)));

          await fixture.build({ blockCount, parent, base: 'parent', updates });

          const leaves = new Set(indexes.map((index) => index >> 6)).size;
          const inner = new Set(indexes.map((index) => index >> 12)).size;
          assert.equal(fixture.lastBuild.nodesWritten, leaves + inner + 1);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('has no node at all for a volume that is all zero, or was never written', async () => {
    const fixture = new MapFixture();
    const updates = Array.from({ length: 5000 }, (_, n) => update(n, 'zero'));

    const zero = await fixture.build({ blockCount: 5000, parent: null, base: 'empty', updates });
    const zeroBuild = fixture.lastBuild;
    const none = await fixture.build({
      blockCount: 5000,
      parent: null,
      base: 'empty',
      updates: [],
    });

    assert.equal(zero.entry, 'zero');
    assert.equal(none.entry, 'absent');
    assert.deepEqual(
      [zeroBuild, fixture.lastBuild],
      [
        { nodesWritten: 0, bytesWritten: 0 },
        { nodesWritten: 0, bytesWritten: 0 },
      ],
    );
  });

  it('of a grown volume shares the nodes of the smaller one', async () => {
    const fixture = new MapFixture();
    const small = Array.from({ length: 4096 }, (_, n) => update(n, blockRef(n)));
    const parent = await fixture.build({
      blockCount: 4096,
      parent: null,
      base: 'empty',
      updates: small,
    });

    const grown = await fixture.build({
      blockCount: 300_000,
      parent,
      base: 'empty',
      updates: [...small, update(299_999, blockRef(7))],
    });

    assert.equal(rootLevelOf(4096), 1);
    assert.equal(rootLevelOf(300_000), 3);
    // The new leaf, its path of two, and the root; nothing of the 64 leaves below the old root.
    assert.equal(fixture.lastBuild.nodesWritten, 5);
    const entriesOfGrown = await fixture.entriesOf(grown);
    assert.deepEqual(plain(entriesOfGrown.slice(0, 4096)), plain(small.map((each) => each.entry)));
    assert.deepEqual(plain(entriesOfGrown.slice(-2)), plain(['absent', blockRef(7)]));
  });

  it('refuses updates that do not ascend or lie beyond the end', async () => {
    const fixture = new MapFixture();
    const build = (...indexes: number[]): Promise<unknown> => {
      const updates = indexes.map((index) => update(index, 'zero'));
      return fixture.build({ blockCount: 100, parent: null, base: 'empty', updates });
    };

    await assert.rejects(build(5, 5), { code: 'INTERNAL' });
    await assert.rejects(build(5, 3), { code: 'INTERNAL' });
    await assert.rejects(build(100), { code: 'INTERNAL' });
  });
});

/** Entries as texts, which compare fast. */
function plain(list: readonly (MapEntry | 'damaged')[]): readonly string[] {
  return list.map((entry) => {
    if (typeof entry === 'string') return entry;
    const { pack, offset, lengthBytes, id } = entry;
    return `${pack.key} ${offset} ${lengthBytes} ${Buffer.from(id).toString('base64')}`;
  });
}
