/**
 * What deduplication could gain: how many blocks with data one image has twice, and how many a second one shares with
 * the first, at the same place or anywhere.
 *
 *     node bench/shared-blocks.ts FILE [FILE]
 */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { blockSizeBytes } from '../src/domain/block-size.ts';

const zeros = Buffer.alloc(blockSizeBytes);

/** Digests by place; null for a block of zeros. */
function digestsOf(path: string): readonly (string | null)[] {
  const file = openSync(path, 'r');
  const block = Buffer.alloc(blockSizeBytes);
  const count = Math.floor(fstatSync(file).size / blockSizeBytes);
  const digests = Array.from({ length: count }, (_, index) => {
    readSync(file, block, 0, blockSizeBytes, index * blockSizeBytes);
    return block.equals(zeros) ? null : hash('sha256', block);
  });
  closeSync(file);
  return digests;
}

const [first, second] = process.argv.slice(2);
if (first === undefined) throw new Error('usage: node bench/shared-blocks.ts FILE [FILE]');
const of = digestsOf(first);
const data = of.filter((digest) => digest !== null);
const known = new Set(data);
console.log(
  JSON.stringify({ file: first, blocksWithData: data.length, twice: data.length - known.size }),
);
if (second !== undefined) {
  const others = digestsOf(second);
  const withData = others.filter((digest) => digest !== null);
  console.log(
    JSON.stringify({
      file: second,
      blocksWithData: withData.length,
      sharedAtTheSamePlace: others.filter((digest, n) => digest !== null && digest === of[n])
        .length,
      sharedAnywhere: withData.filter((digest) => known.has(digest)).length,
    }),
  );
}
