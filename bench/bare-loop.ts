/**
 * The yardstick for the transfer pipeline: what the arithmetic alone costs. Two threads read a
 * file, check each block for zeros, HMAC-SHA-256 it, compress and encrypt it, and keep nothing.
 *
 *     node bench/bare-loop.ts FILE [EFFORT] [THREADS]
 *
 * Prints one line of JSON: seconds (without the start of the process) and the peak RSS.
 */
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { zstdCompressSync } from 'node:zlib';
import { blockCountOf, blockSizeBytes } from '../src/domain/block-size.ts';
import { zstdParameters, type CompressionEffort } from '../src/format/compression-effort.ts';

interface LoopInput {
  readonly path: string;
  readonly effort: CompressionEffort;
  /** One Int32: the next block that nobody has taken. */
  readonly nextBlock: SharedArrayBuffer;
}

interface LoopResult {
  readonly zeroBlocks: number;
  readonly storedBytes: number;
}

const blocksPerTurn = 4;

function loop({ path, effort, nextBlock }: LoopInput): LoopResult {
  const file = openSync(path, 'r');
  const sizeBytes = fstatSync(file).size;
  const blockCount = blockCountOf(sizeBytes);
  const counter = new Int32Array(nextBlock);
  const buffer = Buffer.alloc(blocksPerTurn * blockSizeBytes);
  const zeros = Buffer.alloc(blockSizeBytes);
  const idKey = randomBytes(32);
  const dataKey = randomBytes(32);
  let zeroBlocks = 0;
  let storedBytes = 0;
  for (;;) {
    const first = Atomics.add(counter, 0, blocksPerTurn);
    if (first >= blockCount) break;
    const lengthBytes = readSync(file, buffer, 0, buffer.length, first * blockSizeBytes);
    for (let offset = 0; offset < lengthBytes; offset += blockSizeBytes) {
      const block = buffer.subarray(offset, Math.min(offset + blockSizeBytes, lengthBytes));
      if (block.equals(zeros.subarray(0, block.length))) {
        zeroBlocks += 1;
        continue;
      }
      createHmac('sha256', idKey).update(block).digest();
      const packed = zstdCompressSync(block, {
        chunkSize: blockSizeBytes + 8192,
        params: zstdParameters[effort],
      });
      const cipher = createCipheriv('aes-256-gcm', dataKey, randomBytes(12));
      storedBytes += cipher.update(packed).length + cipher.final().length;
      storedBytes += cipher.getAuthTag().length;
    }
  }
  closeSync(file);
  return { zeroBlocks, storedBytes };
}

async function main(path: string, effort: CompressionEffort, threads: number): Promise<void> {
  const nextBlock = new SharedArrayBuffer(4);
  const startedMs = performance.now();
  const results = await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { path, effort, nextBlock } satisfies LoopInput,
      });
      return new Promise<LoopResult>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  const cpuMicroseconds = user + system;
  const storedBytes = results.reduce((sum, result) => sum + result.storedBytes, 0);
  const file = openSync(path, 'r');
  const sizeBytes = fstatSync(file).size;
  closeSync(file);
  console.log(
    JSON.stringify({
      name: 'bare-loop',
      effort,
      threads,
      seconds: Number(seconds.toFixed(3)),
      cpuSeconds: Number((cpuMicroseconds / 1e6).toFixed(3)),
      megabytesPerSecond: Math.round(sizeBytes / 1e6 / seconds),
      storedBytes,
      ratio: Number((sizeBytes / storedBytes).toFixed(3)),
      peakRssMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}

function isEffort(value: string): value is CompressionEffort {
  return Object.hasOwn(zstdParameters, value);
}

if (isMainThread) {
  const [path, effort = 'usual', threads = String(availableParallelism())] = process.argv.slice(2);
  const usage = 'usage: node bench/bare-loop.ts FILE [light|usual|thorough] [THREADS]';
  if (path === undefined || !isEffort(effort)) throw new Error(usage);
  await main(path, effort, Number(threads));
} else {
  parentPort?.postMessage(loop(workerData as LoopInput));
}
