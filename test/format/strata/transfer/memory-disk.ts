import { createHash } from 'node:crypto';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { recordIdOf } from '../../../../src/format/strata/keys/record-id.ts';
import type { BlockSource } from '../../../../src/ports/block-source.ts';

/** What a block of a test disk holds: zeros, or content made from a name. */
export type BlockContent = 'zero' | `text-${number}` | `noise-${number}`;

const made = new Map<string, Uint8Array>();

/** The same bytes for the same name: `text` compresses well, `noise` does not at all. */
export function contentOf(name: BlockContent, lengthBytes = blockSizeBytes): Uint8Array {
  let block = made.get(name);
  if (block === undefined) {
    block = makeContent(name);
    made.set(name, block);
  }
  return block.subarray(0, lengthBytes);
}

function makeContent(name: BlockContent): Uint8Array {
  if (name === 'zero') return new Uint8Array(blockSizeBytes);
  if (name.startsWith('text'))
    return Buffer.alloc(blockSizeBytes, `${name}: the quick brown fox\n`);
  const noise = createHash('shake256', { outputLength: blockSizeBytes }).update(name).digest();
  return noise;
}

export function blockIdOfContent(
  blockIdKey: Uint8Array,
  name: BlockContent,
  lengthBytes = blockSizeBytes,
): Uint8Array {
  return recordIdOf(blockIdKey, contentOf(name, lengthBytes));
}

export interface MemoryDisk extends BlockSource {
  /** How many bytes a block of this disk has. */
  readonly lengthOf: (index: number) => number;
}

/** A disk of these blocks, of which the last has `lastLengthBytes`. */
export function createMemoryDisk(
  blocks: readonly BlockContent[],
  lastLengthBytes = blockSizeBytes,
): MemoryDisk {
  const sizeBytes = (blocks.length - 1) * blockSizeBytes + lastLengthBytes;
  const lengthOf = (index: number): number =>
    Math.min(blockSizeBytes, sizeBytes - index * blockSizeBytes);
  return {
    sizeBytes,
    lengthOf,
    read: (first, blockCount, into) => {
      let offset = 0;
      for (let index: number = first; index < first + blockCount; index += 1) {
        const name = blocks[index];
        if (name === undefined) return Promise.reject(new Error(`there is no block ${index}`));
        into.set(contentOf(name, lengthOf(index)), offset);
        offset += lengthOf(index);
      }
      return offset === into.length
        ? Promise.resolve()
        : Promise.reject(new Error(`${into.length} bytes were asked for, not ${offset}`));
    },
    close: () => Promise.resolve(),
  };
}
