import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { requireSnapshot } from '../../../../src/adapters/local-cloud/snapshots/snapshot-catalogue.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import { hasErrorCode } from '../../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId } from '../../../../src/domain/identifiers.ts';

/** A snapshot as EBS direct shows it. */
export interface EbsSnapshot {
  readonly state: 'completed' | 'pending' | 'archived';
  readonly sizeBlocks: number;
  /** The first `count` of the blocks from `from` on that were written, ascending. */
  blocks(from: number, count: number): Promise<readonly number[]>;
  /** A whole block. */
  read(block: number): Promise<Uint8Array>;
}

export interface EbsChange {
  readonly block: number;
  readonly inFirst: boolean;
  readonly inSecond: boolean;
}

/** The blocks from `from` on, up to but without `end`. */
export interface EbsStretch {
  readonly from: number;
  readonly end: number;
}

/** Where the fake of EBS direct has its snapshots from. */
export interface EbsData {
  find(snapshotId: string): Promise<EbsSnapshot | null>;
  /** Those in a stretch of the volume. `unrelated`: they are not of one lineage. */
  changes(
    firstId: string,
    secondId: string,
    stretch: EbsStretch,
  ): Promise<readonly EbsChange[] | 'unrelated'>;
}

/** The snapshots of a local cloud; `folder` is that of the cloud. */
export function localEbsData(cloud: LocalCloud, folder: string): EbsData {
  const { changedBlocks, snapshots } = cloud;
  return {
    async find(snapshotId) {
      const [found] = await snapshots.describe([snapshotId as SnapshotId]);
      if (found === undefined) return null;
      const id = found.snapshotId;
      return {
        state: found.state === 'completed' ? 'completed' : 'pending',
        sizeBlocks: Math.ceil(found.sizeBytes / blockSizeBytes),
        blocks: async (from, count) => {
          const pages = await Array.fromAsync(changedBlocks.listSnapshotBlocks(id));
          return firstFrom(pages.flat(), from, count);
        },
        read: async (block) => {
          const { imagePath } = await requireSnapshot(join(folder, 'snapshots'), id);
          return await readBlock(imagePath, block);
        },
      };
    },
    async changes(firstId, secondId, stretch) {
      const [first, second] = [firstId as SnapshotId, secondId as SnapshotId];
      try {
        const pages = await Array.fromAsync(changedBlocks.listChangedBlocks(first, second));
        const before = new Set<number>(
          (await Array.fromAsync(changedBlocks.listSnapshotBlocks(first))).flat(),
        );
        return pages
          .flat()
          .filter(({ index }) => isIn(stretch, index))
          .map(({ index, state }) => ({
            block: index,
            inFirst: before.has(index),
            inSecond: state === 'present',
          }));
      } catch (error) {
        if (hasErrorCode(error, 'SNAPSHOTS_UNRELATED')) return 'unrelated';
        throw error;
      }
    },
  };
}

function firstFrom(blocks: readonly number[], from: number, count: number): readonly number[] {
  return blocks.filter((block) => block >= from).slice(0, count);
}

function isIn({ from, end }: EbsStretch, block: number): boolean {
  return block >= from && block < end;
}

async function readBlock(imagePath: string, block: number): Promise<Uint8Array> {
  await using image = await open(imagePath);
  const bytes = new Uint8Array(blockSizeBytes);
  await image.read(bytes, 0, blockSizeBytes, block * blockSizeBytes);
  return bytes;
}

/** Of a made-up snapshot: which byte a block is full of. */
export type MadeUpBlocks = ReadonlyMap<number, number>;

export interface MadeUpSnapshot {
  readonly lineage: string;
  readonly sizeBlocks: number;
  readonly blocks: MadeUpBlocks;
  readonly state?: EbsSnapshot['state'];
}

/** Snapshots in memory, of any size. */
export function madeUpEbsData(snapshots: ReadonlyMap<string, MadeUpSnapshot>): EbsData {
  return {
    find: (snapshotId) => {
      const found = snapshots.get(snapshotId);
      if (found === undefined) return Promise.resolve(null);
      return Promise.resolve({
        state: found.state ?? 'completed',
        sizeBlocks: found.sizeBlocks,
        blocks: (from, count) => {
          const blocks = [...found.blocks.keys()].sort((a, b) => a - b);
          return Promise.resolve(firstFrom(blocks, from, count));
        },
        read: (block) =>
          Promise.resolve(new Uint8Array(blockSizeBytes).fill(found.blocks.get(block) ?? 0)),
      });
    },
    changes: (firstId, secondId, stretch) => {
      const [first, second] = [snapshots.get(firstId), snapshots.get(secondId)];
      if (first?.lineage !== second?.lineage) return Promise.resolve('unrelated');
      const none: MadeUpBlocks = new Map();
      const [before, after] = [first?.blocks ?? none, second?.blocks ?? none];
      const all = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
      return Promise.resolve(
        all
          .filter((block) => isIn(stretch, block) && before.get(block) !== after.get(block))
          .map((block) => ({
            block,
            inFirst: before.has(block),
            inSecond: after.has(block),
          })),
      );
    },
  };
}
