import { blockLengthBytes } from '../../../domain/block-size.ts';
import { unreachable } from '../../../domain/errors/unreachable.ts';
import type { BlockIndex, SessionId } from '../../../domain/identifiers.ts';
import type { MapCursor } from '../map/map-cursor.ts';
import type { MapEntry } from '../map/map-node.ts';
import type { MapUpdate } from '../map/map-updates.ts';
import type { PackRef } from '../map/record-ref.ts';
import { packRefOf } from '../map/record-ref.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import type { SegmentEntry, SegmentPack } from '../object/segment.ts';
import type { PackSizes } from '../pack/pack-sizes.ts';
import { recordMaxSizeBytes } from '../record/encode-record.ts';
import type { TransferredBlock } from './transferred-blocks.ts';

export interface UpdateSource {
  readonly sessionId: SessionId;
  readonly sizeBytes: number;
  /** What the blocks are that no update names. */
  readonly base: 'parent' | 'empty';
  readonly parent: MapCursor | null;
  readonly packSizes: PackSizes;
}

type ReadBlock = Extract<TransferredBlock, { readonly outcome: 'read' }>;

/**
 * What a transfer changes in the map: segments name unchanged blocks and copies by their place in
 * the parent, and a map names records.
 *
 * @throws OBJECT_CORRUPT when a segment refers to what is not there; OBJECT_NOT_FOUND
 */
export async function* mapUpdatesOf(
  pages: AsyncIterable<readonly TransferredBlock[]>,
  source: UpdateSource,
): AsyncGenerator<readonly MapUpdate[]> {
  const packs = new PackRefs(source.sessionId);
  for await (const page of pages) {
    const updates: MapUpdate[] = [];
    for (const block of page) {
      const { index } = block;
      if (block.outcome === 'absent') {
        updates.push({ index, entry: 'absent' });
        continue;
      }
      const entry = await entryOf(block, source, packs);
      if (entry !== null) updates.push({ index, entry });
    }
    yield updates;
  }
}

/** The new entry of a block, or null when the base has it already. */
async function entryOf(
  block: ReadBlock,
  source: UpdateSource,
  packs: PackRefs,
): Promise<MapEntry | null> {
  const { entry } = block;
  switch (entry.kind) {
    case 'zero':
      return 'zero';
    case 'unchanged': {
      if (block.parent === null) throw refuse(block, 'is unchanged, but was not in the parent');
      const taken = await parentEntry(block, source, block.index, block.parent);
      return source.base === 'parent' ? null : taken;
    }
    case 'copy':
      return await parentEntry(block, source, entry.parentIndex, entry.id);
    case 'data':
      return await storedEntry(block, entry, source, packs);
    default:
      return unreachable(entry);
  }
}

async function parentEntry(
  block: ReadBlock,
  source: UpdateSource,
  index: BlockIndex,
  expected: Uint8Array | 'zero',
): Promise<MapEntry> {
  const entry = (await source.parent?.blockAt(index)) ?? 'absent';
  const isExpected =
    typeof entry === 'string' || typeof expected === 'string'
      ? entry === expected
      : Buffer.compare(entry.id, expected) === 0;
  if (!isExpected) throw refuse(block, `is said to be block ${index} of the parent, and is not`);
  if (typeof entry !== 'string') {
    const problem = await source.packSizes.problemOf(entry);
    if (problem !== null) {
      throw refuse(block, `is taken from the parent, ${entry.pack.key}, but ${problem}`);
    }
  }
  return entry;
}

async function storedEntry(
  block: ReadBlock,
  entry: Extract<SegmentEntry, { readonly kind: 'data' }>,
  source: UpdateSource,
  packs: PackRefs,
): Promise<MapEntry> {
  const ref = {
    pack: packs.of(entry.pack),
    offset: entry.offset,
    lengthBytes: entry.lengthBytes,
    id: entry.id,
  };
  if (entry.lengthBytes > recordMaxSizeBytes(blockLengthBytes(source.sizeBytes, block.index))) {
    throw refuse(block, `has a record of ${entry.lengthBytes} bytes, more than it can need`);
  }
  const problem = await source.packSizes.problemOf(ref);
  if (problem !== null) throw refuse(block, `is in ${ref.pack.key}, but ${problem}`);
  return ref;
}

function refuse(block: ReadBlock, problem: string): Error {
  return objectCorrupt({ objectKey: block.objectKey }, `block ${block.index} ${problem}`);
}

/** One object for each pack: neighbouring blocks are mostly in the same one. */
class PackRefs {
  readonly #sessionId: SessionId;
  #last: PackRef | null = null;

  constructor(sessionId: SessionId) {
    this.#sessionId = sessionId;
  }

  of({ writer, number }: SegmentPack): PackRef {
    if (this.#last?.writer !== writer || this.#last.number !== number) {
      this.#last = packRefOf({ sessionId: this.#sessionId, writer, number });
    }
    return this.#last;
  }
}
