import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import type { SegmentEntry } from '../../../../src/format/strata/object/segment.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { blockIdOfContent, contentOf, createMemoryDisk, type BlockContent } from './memory-disk.ts';
import { readStoredBlock } from './read-stored-block.ts';
import { runTestTransfer } from './run-test-transfer.ts';
import {
  makeTransferFixture,
  readSegmentEntries,
  writePlan,
  type PlanEntry,
  type TransferFixture,
} from './transfer-fixture.ts';

const contents = fc.constantFrom<BlockContent>(
  'zero',
  'text-1',
  'text-2',
  'text-3',
  'noise-1',
  'noise-2',
);

/** One place of a volume: what is there, what the parent has there, and what the plan says. */
const place = fc.record({
  now: contents,
  parent: fc.option(contents),
  plan: fc.constantFrom('read', 'read', 'read', 'absent', 'not-in-plan'),
});
type Place = ReturnType<typeof place.generate>['value'];

const volume = fc.record({
  places: fc.array(place, { minLength: 1, maxLength: 24 }),
  lastLengthBytes: fc.constantFrom(512, 4096, 100 * 1024, blockSizeBytes),
  firstPlanned: fc.nat({ max: 8 }),
});

/** What the parent has at a place: a parent of the same size, so its last block is as short. */
function planOf(places: readonly Place[], lengthOf: (index: number) => number, key: Uint8Array) {
  return places.flatMap(({ parent, plan }, index): PlanEntry[] => {
    if (plan === 'not-in-plan') return [];
    if (plan === 'absent') return [{ kind: 'absent', index }];
    const id =
      parent === null || parent === 'zero'
        ? parent
        : blockIdOfContent(key, parent, lengthOf(index));
    return [{ kind: 'read', index, parent: id }];
  });
}

describe('a transfer', () => {
  it('describes exactly what the planned blocks hold, in the order of the plan', async () => {
    await fc.assert(
      fc.asyncProperty(volume, async ({ places, lastLengthBytes, firstPlanned }) => {
        const objectStore = createMemoryObjectStore();
        const fixture = makeTransferFixture(systemRandom);
        const source = createMemoryDisk(
          places.map(({ now }) => now),
          lastLengthBytes,
        );
        const entries = planOf(places, source.lengthOf, fixture.grant.blockIdKey);
        const plan = await writePlan(fixture, objectStore, systemRandom, entries);
        const planned = entries.filter(({ kind }) => kind === 'read').map(({ index }) => index);

        const segments = await runTestTransfer({
          ...{ fixture, objectStore, plan, source, firstPlanned },
        });

        assertCoversThePlan(segments, firstPlanned, planned.length);
        for (const segment of segments) {
          const told = await readSegmentEntries(fixture, objectStore, plan, 0, segment);
          assertCountsMatch(segment, told);
          for (const [position, entry] of told.entries()) {
            const index = planned[segment.firstPlanned + position] ?? -1;
            const truth = places[index];
            assert.ok(truth);
            const bytes = contentOf(truth.now, source.lengthOf(index));
            const parentBytes = (at: number): Uint8Array | null => {
              const parent = places[at]?.parent ?? null;
              return parent === null ? null : contentOf(parent, source.lengthOf(at));
            };
            await assertEntryIs(entry, bytes, index, parentBytes, fixture, objectStore);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});

function assertCoversThePlan(
  segments: readonly TransferSegment[],
  firstPlanned: number,
  plannedBlocks: number,
): void {
  let next = firstPlanned;
  for (const [number, segment] of segments.entries()) {
    assert.equal(segment.number, number);
    assert.equal(segment.firstPlanned, next);
    assert.ok(segment.endPlanned > next);
    next = segment.endPlanned;
  }
  assert.equal(next, Math.max(firstPlanned, plannedBlocks));
}

function assertCountsMatch(segment: TransferSegment, told: readonly SegmentEntry[]): void {
  const { counts } = segment;
  const of = (kind: SegmentEntry['kind']): number =>
    told.filter((entry) => entry.kind === kind).length;
  assert.equal(counts.blocksRead, told.length);
  assert.equal(counts.blocksUnchanged, of('unchanged'));
  assert.equal(counts.blocksZero, of('zero'));
  assert.equal(counts.blocksStored + counts.blocksDeduplicated, of('data') + of('copy'));
}

async function assertEntryIs(
  entry: SegmentEntry,
  bytes: Uint8Array,
  index: number,
  parentBytes: (at: number) => Uint8Array | null,
  fixture: TransferFixture,
  objectStore: ObjectStore,
): Promise<void> {
  const unchanged = parentBytes(index);
  const isUnchanged = unchanged !== null && Buffer.compare(unchanged, bytes) === 0;
  assert.equal(entry.kind === 'unchanged', isUnchanged);
  switch (entry.kind) {
    case 'unchanged':
      return;
    case 'zero':
      assert.ok(bytes.every((byte) => byte === 0));
      return;
    case 'data':
      assert.deepEqual(await readStoredBlock(fixture, objectStore, entry), Buffer.from(bytes));
      return;
    case 'copy': {
      const copied = parentBytes(entry.parentIndex);
      assert.ok(copied !== null && Buffer.compare(copied, bytes) === 0);
      return;
    }
  }
}
