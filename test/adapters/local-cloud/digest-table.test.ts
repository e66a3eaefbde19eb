import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type DigestPage,
  digestAt,
  isPresent,
  pageBlocks,
} from '../../../src/adapters/local-cloud/changed-blocks/digest-page.ts';
import { DigestTableReader } from '../../../src/adapters/local-cloud/changed-blocks/digest-table-reader.ts';
import { DigestTableWriter } from '../../../src/adapters/local-cloud/changed-blocks/digest-table-writer.ts';
import { blockSizeBytes } from '../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';

const blockCount = pageBlocks + 10;
const sizeBytes = blockCount * blockSizeBytes - 512;

describe('a digest table', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'snapledger-digests-'));
    file = path.join(folder, 'table');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Writes the table of a volume in which these blocks are present. */
  const write = async (blocks: ReadonlySet<number>): Promise<void> => {
    await rm(file, { force: true });
    const writer = await DigestTableWriter.create(file, sizeBytes);
    for (let firstBlock = 0; firstBlock < blockCount; firstBlock += pageBlocks) {
      await writer.append(pageOf(firstBlock, blocks));
    }
    await writer.close();
  };
  const read = async (expectedSizeBytes = sizeBytes): Promise<ReadonlyMap<number, number>> => {
    const reader = await DigestTableReader.open(file, expectedSizeBytes);
    assert.ok(reader !== null);
    try {
      const found = new Map<number, number>();
      for (let page = await reader.next(); page !== null; page = await reader.next()) {
        for (let position = 0; position < page.blockCount; position += 1) {
          if (!isPresent(page, position)) continue;
          found.set(
            page.firstBlock + position,
            Buffer.from(digestAt(page, position)).readUInt32LE(0),
          );
        }
      }
      return found;
    } finally {
      await reader.close();
    }
  };

  it('gives back for every block what was written', async () => {
    const someBlocks = fc.uniqueArray(fc.nat(blockCount - 1), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(someBlocks, async (blocks) => {
        await write(new Set(blocks));
        assert.deepEqual(
          [...(await read())],
          blocks.toSorted((a, b) => a - b).map((block) => [block, block]),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('is an error, and never another listing, after any byte of it changed', async () => {
    await write(new Set([0, 5, 4_095, 4_096, 4_105]));
    const sound = await readFile(file);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sound.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (offset, flips) => {
          const damaged = Buffer.from(sound);
          damaged.writeUInt8(damaged.readUInt8(offset) ^ flips, offset);
          await writeFile(file, damaged, { mode: 0o600 });
          await assert.rejects(read(), (error) => hasErrorCode(error, 'CLOUD_STATE_CORRUPT'));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is an error when it was cut short at any place, or goes on', async () => {
    await write(new Set([1, 4_100]));
    const sound = await readFile(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), async (lengthBytes) => {
        await writeFile(file, sound.subarray(0, lengthBytes));
        await assert.rejects(read(), (error) => hasErrorCode(error, 'CLOUD_STATE_CORRUPT'));
      }),
      { numRuns: 100 },
    );
    await writeFile(file, Buffer.concat([sound, Buffer.alloc(1)]));
    await assert.rejects(read(), (error) => hasErrorCode(error, 'CLOUD_STATE_CORRUPT'));
  });

  it('is an error for a volume of another size', async () => {
    await write(new Set([1]));

    await assert.rejects(read(sizeBytes + 512), (error) =>
      hasErrorCode(error, 'CLOUD_STATE_CORRUPT'),
    );
  });
});

/** A page in which the first four bytes of a block's digest are its index. */
function pageOf(firstBlock: number, blocks: ReadonlySet<number>): DigestPage {
  const present = new Uint8Array(pageBlocks);
  const digests = Buffer.alloc(pageBlocks * 32);
  const count = Math.min(pageBlocks, blockCount - firstBlock);
  for (let position = 0; position < count; position += 1) {
    if (!blocks.has(firstBlock + position)) continue;
    present[position] = 1;
    digests.writeUInt32LE(firstBlock + position, position * 32);
  }
  return { firstBlock, blockCount: count, present, digests };
}
