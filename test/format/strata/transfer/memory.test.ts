import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { BlockSource } from '../../../../src/ports/block-source.ts';
import { runTestTransfer } from './run-test-transfer.ts';
import { everyBlock, makeTransferFixture, writePlan } from './transfer-fixture.ts';

const gibibyte = 1024 ** 3;

/** A disk of zeros that keeps nothing, and tells the largest memory that it saw while read. */
function createZeroDisk(sizeBytes: number): BlockSource & { readonly rssOf: () => number[] } {
  const rss: number[] = [];
  let reads = 0;
  return {
    sizeBytes,
    rssOf: () => rss,
    read: (_first, _blockCount, into) => {
      into.fill(0);
      reads += 1;
      if (reads % 256 === 0) rss.push(process.memoryUsage.rss());
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

describe('the memory of a transfer', () => {
  it('does not grow with the volume', async () => {
    const objectStore = createMemoryObjectStore();
    const fixture = makeTransferFixture(systemRandom);
    const source = createZeroDisk(8 * gibibyte);
    const blockCount = source.sizeBytes / blockSizeBytes;
    const plan = await writePlan(fixture, objectStore, systemRandom, everyBlock(blockCount));
    const segments = await runTestTransfer({ fixture, objectStore, plan, source });
    assert.equal(segments.at(-1)?.endPlanned, blockCount);
    assert.ok(segments.every(({ counts }) => counts.blocksZero === counts.blocksRead));
    assert.ok(segments.every((segment) => segment.endPlanned - segment.firstPlanned <= 8192));
    const rss = source.rssOf();
    const early = Math.max(...rss.slice(0, Math.ceil(rss.length / 4)));
    const late = Math.max(...rss.slice(-Math.ceil(rss.length / 4)));
    // What a collector leaves lying differs from run to run; what is kept of blocks adds up.
    const readBetween = source.sizeBytes * (3 / 4);
    assert.ok(late - early < readBetween / 100, `from ${early} to ${late} bytes`);
  });
});
