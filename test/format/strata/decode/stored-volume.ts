import { createMemoryObjectStore } from '../../../../src/adapters/memory/object-store.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { BlockIndex } from '../../../../src/domain/identifiers.ts';
import { readVolume, type VolumeToRead } from '../../../../src/format/strata/decode/read-volume.ts';
import type { MapRun } from '../../../../src/format/strata/map/map-run.ts';
import { packRefOf, type BlockRef } from '../../../../src/format/strata/map/record-ref.ts';
import type { ObjectStore } from '../../../../src/ports/object-store.ts';
import { createMemoryDisk, type BlockContent } from '../transfer/memory-disk.ts';
import { runTestTransfer } from '../transfer/run-test-transfer.ts';
import { createTestClock } from '../transfer/test-clock.ts';
import {
  makeTransferFixture,
  readSegmentEntries,
  writePlan,
  type TransferFixture,
} from '../transfer/transfer-fixture.ts';

/** What a test volume holds at a place. */
export type VolumeBlock = BlockContent | 'absent';

/** A volume that a transfer has stored, and its map as runs. */
export interface StoredVolume {
  readonly fixture: TransferFixture;
  readonly objectStore: ObjectStore;
  readonly blocks: readonly VolumeBlock[];
  readonly sizeBytes: number;
  readonly runs: readonly MapRun[];
  /** The references of the data blocks, by block. */
  readonly refs: ReadonlyMap<number, BlockRef>;
}

export async function storeVolume(
  blocks: readonly VolumeBlock[],
  lastLengthBytes = blockSizeBytes,
): Promise<StoredVolume> {
  const objectStore = createMemoryObjectStore();
  const fixture = makeTransferFixture(systemRandom);
  const source = createMemoryDisk(
    blocks.map((block) => (block === 'absent' ? 'zero' : block)),
    lastLengthBytes,
  );
  const present = [...blocks.keys()].filter((index) => blocks[index] !== 'absent');
  const entries = present.map((index) => ({ kind: 'read', index, parent: null }) as const);
  const plan = await writePlan(fixture, objectStore, systemRandom, entries);
  const segments = await runTestTransfer({ fixture, objectStore, plan, source });
  const { sessionId } = fixture.grant;
  const refs = new Map<number, BlockRef>();
  for (const segment of segments) {
    const told = await readSegmentEntries(fixture, objectStore, plan, 0, segment);
    for (const [position, entry] of told.entries()) {
      if (entry.kind !== 'data') continue;
      const { offset, lengthBytes, id } = entry;
      const pack = packRefOf({ sessionId, ...entry.pack });
      refs.set(present[segment.firstPlanned + position] ?? -1, { pack, offset, lengthBytes, id });
    }
  }
  const runs = blocks.map((block, index) => runOf(index as BlockIndex, block, refs));
  return { fixture, objectStore, blocks, sizeBytes: source.sizeBytes, runs, refs };
}

function runOf(first: BlockIndex, block: VolumeBlock, refs: ReadonlyMap<number, BlockRef>): MapRun {
  const ref = refs.get(first);
  if (ref !== undefined) return { kind: 'data', first, refs: [ref] };
  return { kind: block === 'absent' ? 'absent' : 'zero', first, blockCount: 1 };
}

/** What came of reading: content is copied, because it is valid for one step only. */
export type ReadItem =
  | {
      readonly kind: 'damage';
      readonly first: number;
      readonly blockCount: number;
      readonly reason: string;
    }
  | { readonly kind: 'absent' | 'zero'; readonly first: number; readonly blockCount: number }
  | {
      readonly kind: 'data';
      readonly first: number;
      readonly blockCount: number;
      readonly bytes: Buffer;
    };

export async function readStored(
  volume: StoredVolume,
  options: Partial<VolumeToRead> = {},
): Promise<readonly ReadItem[]> {
  const items: ReadItem[] = [];
  for await (const item of openStored(volume, options)) {
    if (item.kind === 'damage') {
      const { firstBlock: first, blockCount, reason } = item;
      items.push({ kind: 'damage', first, blockCount, reason });
      continue;
    }
    const { first, blockCount, state } = item;
    if (state === 'data')
      items.push({ kind: state, first, blockCount, bytes: Buffer.from(item.bytes) });
    else items.push({ kind: state, first, blockCount });
  }
  return items;
}

export function openStored(
  volume: StoredVolume,
  options: Partial<VolumeToRead> = {},
): ReturnType<typeof readVolume> {
  return readVolume({
    objectStore: volume.objectStore,
    clock: createTestClock(),
    random: systemRandom,
    repositoryId: volume.fixture.grant.repositoryId,
    blockIdKey: volume.fixture.grant.blockIdKey,
    sessionKeysOf: () => Promise.resolve(volume.fixture.keys),
    sizeBytes: volume.sizeBytes,
    runs: asyncRuns(volume.runs),
    threads: 2,
    ...options,
  });
}

export async function* asyncRuns(runs: readonly MapRun[]): AsyncGenerator<MapRun> {
  for (const run of runs) yield await Promise.resolve(run);
}
