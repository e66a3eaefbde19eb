/**
 * What records of several neighbouring blocks would gain and cost: ratio and speed of zstd on frames of 1, 2 and 4
 * blocks, and what reading one block of each takes.
 *
 *     node bench/frames.ts FILE [EVERY]
 *
 * Looks at one group of four blocks out of EVERY (default 4) that has no block of zeros. Speed is that of one thread,
 * in processor time. Prints one line of JSON for each size and level.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSizeBytes } from '../src/domain/block-size.ts';

const groupBlocks = 4;
const levels = [1, 2, 3];

interface Totals {
  storedBytes: number;
  encodeMicroseconds: number;
  decodeMicroseconds: number;
  frames: number;
}

function microsecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const [path, every = '4'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: node bench/frames.ts FILE [EVERY]');
const file = openSync(path, 'r');
const group = Buffer.alloc(groupBlocks * blockSizeBytes);
const zeros = Buffer.alloc(blockSizeBytes);
const totals = new Map<string, Totals>();
let plainBytes = 0;
const groups = Math.floor(fstatSync(file).size / group.length);
for (let index = 0; index < groups; index += Number(every)) {
  readSync(file, group, 0, group.length, index * group.length);
  const blocks = Array.from({ length: groupBlocks }, (_, n) =>
    group.subarray(n * blockSizeBytes, (n + 1) * blockSizeBytes),
  );
  if (blocks.some((block) => block.equals(zeros))) continue;
  plainBytes += group.length;
  for (const frameBlocks of [1, 2, 4]) {
    for (const level of levels) measure(frameBlocks, level);
  }
}
closeSync(file);

function measure(frameBlocks: number, level: number): void {
  const name = JSON.stringify({ frameBlocks, level });
  const of = totals.get(name) ?? {
    ...{ storedBytes: 0, encodeMicroseconds: 0, decodeMicroseconds: 0, frames: 0 },
  };
  totals.set(name, of);
  const frameBytes = frameBlocks * blockSizeBytes;
  for (let offset = 0; offset < group.length; offset += frameBytes) {
    const plain = group.subarray(offset, offset + frameBytes);
    let packed: Uint8Array = plain;
    of.encodeMicroseconds += microsecondsOf(() => {
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      packed = zstdCompressSync(plain, { chunkSize: frameBytes + 8192, params });
    });
    of.decodeMicroseconds += microsecondsOf(() => {
      zstdDecompressSync(packed, { chunkSize: frameBytes });
    });
    of.storedBytes += packed.length;
    of.frames += 1;
  }
}

for (const [name, of] of totals) {
  console.log(
    JSON.stringify({
      ...(JSON.parse(name) as object),
      ratio: Number((plainBytes / of.storedBytes).toFixed(3)),
      encodeMegabytesPerSecond: Math.round(plainBytes / of.encodeMicroseconds),
      decodeMegabytesPerSecond: Math.round(plainBytes / of.decodeMicroseconds),
      oneBlockMilliseconds: Number((of.decodeMicroseconds / of.frames / 1000).toFixed(3)),
    }),
  );
}
