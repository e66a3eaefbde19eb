import { createHash } from 'node:crypto';
import { blockCountOf, blockLengthBytes, blockSizeBytes } from '../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../src/domain/identifiers.ts';
import type { BlockSource } from '../../../src/ports/block-source.ts';

/**
 * A block of a volume of a golden repository: all zero, or content that its name stands for.
 * `text` compresses to next to nothing, `mixed` to some KiB, `noise` not at all.
 */
export type GoldenBlock = 'zero' | `text-${number}` | `mixed-${number}` | `noise-${number}`;

/** What a volume is; blocks that are not named were never written. */
export interface GoldenVolume {
  readonly volumeId: string;
  readonly device: string;
  readonly sizeBytes: number;
  readonly blocks: ReadonlyMap<number, GoldenBlock>;
}

const mixedNoiseBytes = 2000;

/** The bytes of a block, the same on every machine. */
export function goldenContent(block: GoldenBlock, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  const noise = (outputLength: number): Buffer =>
    createHash('shake256', { outputLength }).update(block).digest();
  if (block.startsWith('text')) bytes.fill(`${block} of a golden repository; `);
  if (block.startsWith('mixed')) noise(mixedNoiseBytes).copy(bytes);
  if (block.startsWith('noise')) noise(lengthBytes).copy(bytes);
  return bytes;
}

/** The volume as a worker sees it: what was never written reads as zeros. */
export function goldenSource(volume: GoldenVolume): BlockSource {
  return {
    sizeBytes: volume.sizeBytes,
    read: (first, blockCount, into) => {
      let offset = 0;
      for (let index: number = first; index < first + blockCount; index += 1) {
        const lengthBytes = blockLengthBytes(volume.sizeBytes, index as BlockIndex);
        into.set(goldenContent(volume.blocks.get(index) ?? 'zero', lengthBytes), offset);
        offset += lengthBytes;
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/** What is known of a run of blocks: of data the SHA-256 of the one block. */
export type GoldenState = 'absent' | 'zero' | 'damaged' | `data ${string}`;

/**
 * Every block of a volume in one line for each run of what is alike: `0 data <SHA-256>`,
 * `1-3 absent`, `4 zero`.
 */
export class BlockListing {
  readonly #lines: { first: number; end: number; state: GoldenState }[] = [];

  add(first: number, count: number, state: GoldenState): void {
    const last = this.#lines.at(-1);
    if (last?.end === first && last.state === state && !state.startsWith('data')) {
      last.end += count;
    } else {
      this.#lines.push({ first, end: first + count, state });
    }
  }

  lines(): readonly string[] {
    return this.#lines.map(({ first, end, state }) =>
      end - first === 1 ? `${first} ${state}` : `${first}-${end - 1} ${state}`,
    );
  }
}

export function dataState(content: Uint8Array): GoldenState {
  return `data ${createHash('sha256').update(content).digest('hex')}`;
}

/** The listing of a volume as its model has it. */
export function listingOf(volume: GoldenVolume): readonly string[] {
  const listing = new BlockListing();
  const blockCount = blockCountOf(volume.sizeBytes);
  for (let index = 0; index < blockCount; index += 1) {
    const block = volume.blocks.get(index);
    const lengthBytes = blockLengthBytes(volume.sizeBytes, index as BlockIndex);
    const isData = block !== undefined && block !== 'zero';
    const state = isData ? dataState(goldenContent(block, lengthBytes)) : (block ?? 'absent');
    listing.add(index, 1, state);
  }
  return listing.lines();
}

/** SHA-256 of the whole volume as a raw image. */
export function rawDigestOf(volume: GoldenVolume): string {
  const digest = createHash('sha256');
  const hole = Buffer.alloc(blockSizeBytes);
  const blockCount = blockCountOf(volume.sizeBytes);
  for (let index = 0; index < blockCount; index += 1) {
    const block = volume.blocks.get(index);
    const lengthBytes = blockLengthBytes(volume.sizeBytes, index as BlockIndex);
    digest.update(
      block === undefined ? hole.subarray(0, lengthBytes) : goldenContent(block, lengthBytes),
    );
  }
  return digest.digest('hex');
}

/** The listing with `damaged` in the place of the blocks that `isHurt` names. */
export function withDamage(
  lines: readonly string[],
  isHurt: (block: number) => boolean,
): readonly string[] {
  const listing = new BlockListing();
  for (const line of lines) {
    const [range = '', ...state] = line.split(' ');
    const [first = 0, last = first] = range.split('-').map(Number);
    for (let block = first; block <= last; block += 1) {
      listing.add(block, 1, isHurt(block) ? 'damaged' : (state.join(' ') as GoldenState));
    }
  }
  return listing.lines();
}
