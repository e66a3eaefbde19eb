/**
 * A fake of EBS direct in a process of its own, with one snapshot of so many blocks:
 *
 *     node bench/support/ebs-server.ts BLOCKS LATENCY_MS
 *
 * Prints its address, and ends with its standard input. A block is noise that does not compress, a
 * quarter of it zeros; block and checksum are made once, so that the fake costs little.
 */
import { randomBytes } from 'node:crypto';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { noEbsQuotas } from '../../test/support/aws/ebs/ebs-quotas.ts';
import { createFakeEbs } from '../../test/support/aws/ebs/fake-ebs.ts';
import { FakeAws } from '../../test/support/aws/fake-aws.ts';

const [blocks = '', latencyMs = ''] = process.argv.slice(2);
const sizeBlocks = Number(blocks);
const block = randomBytes(blockSizeBytes).fill(0, 0, blockSizeBytes / 4);
const indexes = Array.from({ length: sizeBlocks }, (_, index) => index);
const fake = await FakeAws.start({
  services: [
    createFakeEbs({
      quotas: noEbsQuotas,
      data: {
        find: () =>
          Promise.resolve({
            state: 'completed',
            sizeBlocks,
            blocks: () => Promise.resolve(indexes),
            read: () => Promise.resolve(block),
          }),
        changes: () => Promise.resolve('unrelated'),
      },
    }),
  ],
});
fake.latencyMs = Number(latencyMs);
process.stdout.write(`${fake.endpoint}\n`);
process.stdin.resume().on('end', () => process.exit());
