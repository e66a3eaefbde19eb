/**
 * A fake of EBS direct in a process of its own, with two snapshots of so many blocks, of which all were written and all
 * differ:
 *
 *     node bench/support/ebs-server.ts BLOCKS LATENCY_MS
 *
 * Prints its address, and ends with its standard input. A block is noise that does not compress, a
 * quarter of it zeros; block and checksum are made once, and lists page by page, so that the fake costs little.
 */
import { createHash, randomBytes } from 'node:crypto';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { noEbsQuotas } from '../../test/support/aws/ebs/ebs-quotas.ts';
import { createFakeEbs } from '../../test/support/aws/ebs/fake-ebs.ts';
import { FakeAws } from '../../test/support/aws/fake-aws.ts';

const [blocks = '', latencyMs = ''] = process.argv.slice(2);
const sizeBlocks = Number(blocks);
const block = randomBytes(blockSizeBytes).fill(0, 0, blockSizeBytes / 4);
const checksum = createHash('sha256').update(block).digest('base64');

function stretch(from: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, Math.min(end, sizeBlocks) - from) }, (_, n) => from + n);
}

const fake = await FakeAws.start({
  services: [
    createFakeEbs({
      quotas: noEbsQuotas,
      checksumOf: () => checksum,
      data: {
        find: () =>
          Promise.resolve({
            state: 'completed',
            sizeBlocks,
            blocks: (from, count) => Promise.resolve(stretch(from, from + count)),
            read: () => Promise.resolve(block),
          }),
        changes: (_first, _second, { from, end }) =>
          Promise.resolve(
            stretch(from, end).map((index) => ({
              block: index,
              inFirst: true,
              inSecond: true,
            })),
          ),
      },
    }),
  ],
});
fake.latencyMs = Number(latencyMs);
process.stdout.write(`${fake.endpoint}\n`);
process.stdin.resume().on('end', () => process.exit());
