import type { BlockIndex } from '../../../domain/identifiers.ts';
import { BoundedCache } from '../../cache/bounded-cache.ts';
import { recordIdOf } from '../keys/record-id.ts';
import { encodeMapNode } from '../map/encode-map-node.ts';
import { entryCountOf, mapFanout, rootLevelOf } from '../map/map-geometry.ts';
import type { MapNodeReader } from '../map/map-node-reader.ts';
import { isSameEntry, type MapEntry, type MapNode, type MapRoot } from '../map/map-node.ts';
import { type BlockRef, recordName, type RecordRef } from '../map/record-ref.ts';
import type { RecordPackWriter } from '../pack/record-pack-writer.ts';

/** Nodes and blocks whose new place is remembered. Forgetting some means that they are stored twice. */
const rememberedMax = 600_000;

/** A block of a leaf that has to get another place. */
export interface MovingBlock {
  readonly ref: BlockRef;
  readonly blockIndex: BlockIndex;
}

export interface MapRewriterOptions {
  /** Null: the node cannot be read, and stays where it is with all that is below it. */
  readonly reader: {
    readonly read: (...place: Parameters<MapNodeReader['read']>) => Promise<MapNode | null>;
  };
  /** Where the nodes go that are not as they were. */
  readonly nodes: Pick<RecordPackWriter, 'write'>;
  /** K_node */
  readonly nodeIdKey: Uint8Array;
  /** Whether a record has to go, whatever it holds. */
  readonly mustMove: (ref: RecordRef) => boolean;
}

/** Stores blocks anew; a block that it does not give stays where it is. */
export type MoveBlocks = (
  blocks: readonly MovingBlock[],
) => Promise<ReadonlyMap<BlockRef, RecordRef>>;

/**
 * Gives maps other places for some of their records. What is below does not change by that: blocks
 * keep their ids. Maps share the new nodes as they share the old ones.
 */
export class MapRewriter {
  readonly #options: MapRewriterOptions;
  readonly #nodes = new BoundedCache<string, MapEntry>(rememberedMax);
  readonly #blocks = new BoundedCache<string, RecordRef>(rememberedMax);

  constructor(options: MapRewriterOptions) {
    this.#options = options;
  }

  /**
   * The root of a map that leads to the same blocks; the same root when nothing has to move.
   *
   * @throws what the reader throws (OBJECT_CORRUPT), and what `move` throws
   */
  async rewrite(root: MapRoot, move: MoveBlocks): Promise<MapRoot> {
    const { blockCount } = root;
    const level = rootLevelOf(blockCount);
    const entry = await this.#node({ blockCount, move }, root.entry, level, 0, []);
    return isSameEntry(entry, root.entry) ? root : { blockCount, entry };
  }

  async #node(
    map: { readonly blockCount: number; readonly move: MoveBlocks },
    entry: MapEntry,
    level: number,
    position: number,
    following: readonly MapEntry[],
  ): Promise<MapEntry> {
    if (typeof entry === 'string') return entry;
    const known = this.#nodes.get(recordName(entry));
    if (known !== undefined) return known;
    const { reader, mustMove } = this.#options;
    const entryCount = entryCountOf(level, position, map.blockCount);
    const node = await reader.read(entry, { level, position, entryCount }, following);
    if (node === null) return entry;
    const { entries } = node;
    const rewritten =
      level === 0
        ? await this.#leafEntries(entries, position, map.move)
        : await this.#innerEntries(map, entries, level, position);
    const isChanged = mustMove(entry) || rewritten.some((each, n) => !isSame(each, entries[n]));
    const result = isChanged ? await this.#write(level, position, rewritten) : entry;
    this.#nodes.set(recordName(entry), result);
    return result;
  }

  async #innerEntries(
    map: { readonly blockCount: number; readonly move: MoveBlocks },
    entries: readonly MapEntry[],
    level: number,
    position: number,
  ): Promise<readonly MapEntry[]> {
    const rewritten: MapEntry[] = [];
    for (const [n, child] of entries.entries()) {
      const rest = entries.slice(n + 1);
      rewritten.push(await this.#node(map, child, level - 1, position * mapFanout + n, rest));
    }
    return rewritten;
  }

  async #leafEntries(
    entries: readonly MapEntry[],
    position: number,
    move: MoveBlocks,
  ): Promise<readonly MapEntry[]> {
    const { mustMove } = this.#options;
    const moving: MovingBlock[] = [];
    for (const [n, ref] of entries.entries()) {
      if (typeof ref === 'string' || !mustMove(ref)) continue;
      if (this.#blocks.get(recordName(ref)) !== undefined) continue;
      moving.push({ ref, blockIndex: (position * mapFanout + n) as BlockIndex });
    }
    const moved = moving.length === 0 ? null : await move(moving);
    // One whose content cannot be had stays, and is not asked for again where another leaf names it.
    for (const { ref } of moving) {
      const place = moved?.get(ref) ?? { ...ref, id: ref.id.slice() };
      this.#blocks.set(recordName(ref), place);
    }
    return entries.map((entry) => {
      if (typeof entry === 'string' || !mustMove(entry)) return entry;
      return this.#blocks.get(recordName(entry)) ?? entry;
    });
  }

  async #write(level: number, position: number, entries: readonly MapEntry[]): Promise<RecordRef> {
    const { nodes, nodeIdKey } = this.#options;
    const bytes = encodeMapNode({ level, position, entries });
    return await nodes.write(recordIdOf(nodeIdKey, bytes), bytes);
  }
}

function isSame(one: MapEntry, other: MapEntry | undefined): boolean {
  return other !== undefined && isSameEntry(one, other);
}
