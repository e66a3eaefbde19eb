import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changed, everything, FormatBench } from '../../../../src/conformance/format-bench.ts';
import { type ModelBlock, modelVolume } from '../../../../src/conformance/model-volume.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { cheapStrata } from '../../../support/format/cheap-strata.ts';

/** 1 GiB: 32 leaves, all of them full, of few contents in many places. */
const blocks = Array.from({ length: 2048 }, (_, index): ModelBlock => `text-${index % 16}`);
const before = modelVolume(blocks);
const changedBlocks = 20;

/** What stays in the repository of an increment besides the blocks themselves, for each changed byte. */
async function shareOfMetadata(changedAt: (n: number) => number): Promise<number> {
  const on = await FormatBench.create(cheapStrata);
  const parent = await on.backUp(before, everything);
  const places = Array.from({ length: changedBlocks }, (_, n) => changedAt(n));
  const after = modelVolume(
    blocks.map((block, index) => (places.includes(index) ? (`noise-${index}` as const) : block)),
  );
  const bytesBefore = await bytesIn(on);
  const { volumes } = await on.backUp(after, changed(before, after), parent);
  const dataBytes = volumes.reduce((sum, { bytesStored }) => sum + bytesStored, 0);
  const grownBytes = (await bytesIn(on)) - bytesBefore;
  return (grownBytes - dataBytes) / (changedBlocks * blockSizeBytes);
}

async function bytesIn({ objectStore }: FormatBench): Promise<number> {
  let bytes = 0;
  for await (const { sizeBytes } of objectStore.list('')) bytes += sizeBytes;
  return bytes;
}

describe('the metadata of an increment of a volume with a full map', () => {
  it('is at most 1 % of the changed bytes when each changed block is in another leaf', async () => {
    const share = await shareOfMetadata((n) => n * 100 + 7);
    assert.ok(share > 0.001 && share <= 0.01, `${share * 100} %`);
  });

  it('is at most 0.2 % when they are neighbours', async () => {
    const share = await shareOfMetadata((n) => 640 + n);
    assert.ok(share <= 0.002, `${share * 100} %`);
  });
});
