/**
 * What records of several neighbouring blocks would gain and cost: ratio and speed of zstd on frames of 1, 2 and 4
 * blocks, and what reading one block of each takes.
 *
 *     node bench/frames.ts FILE [EVERY]
 *
 * Looks at one group of four blocks out of EVERY (default 4) that has no block of zeros. Speed is that of one thread,
 * in processor time. Prints one line of JSON for each size and setting.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import { zstdParameters, type ZstdParameters } from '../src/format/compression-effort.ts';

const groupBlocks = 4;
/** The levels of zstd, and what is used of it. */
const settings: Readonly<Record<string, ZstdParameters>> = {
  'level 1': { [constants.ZSTD_c_compressionLevel]: 1 },
  'level 2': { [constants.ZSTD_c_compressionLevel]: 2 },
  'level 3': { [constants.ZSTD_c_compressionLevel]: 3 },
  ...zstdParameters,
};

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
    for (const [zstd, params] of Object.entries(settings)) measure(frameBlocks, zstd, params);
  }
}
closeSync(file);

function measure(frameBlocks: number, zstd: string, params: ZstdParameters): void {
  const name = JSON.stringify({ frameBlocks, zstd });
  const of = totals.get(name) ?? {
    ...{ storedBytes: 0, encodeMicroseconds: 0, decodeMicroseconds: 0, frames: 0 },
  };
  totals.set(name, of);
  const frameBytes = frameBlocks * blockSizeBytes;
  for (let offset = 0; offset < group.length; offset += frameBytes) {
    const plain = group.subarray(offset, offset + frameBytes);
    let packed: Uint8Array = plain;
    of.encodeMicroseconds += microsecondsOf(() => {
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
