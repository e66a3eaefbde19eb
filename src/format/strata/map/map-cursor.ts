import type { BlockIndex } from '../../../domain/identifiers.ts';
import { entryCountOf, mapFanout, rootLevelOf } from './map-geometry.ts';
import type { MapNodeReader } from './map-node-reader.ts';
import type { MapEntry, MapNode, MapRoot } from './map-node.ts';

/**
 * A place in a map that moves cheaply to places near it: it keeps the nodes from the root to where
 * it is. Beyond the end of the volume everything is absent.
 */
export class MapCursor {
  readonly rootLevel: number;
  readonly #root: MapRoot;
  readonly #reader: Pick<MapNodeReader, 'read'>;
  /** The node last looked at, for each level. */
  readonly #path: (MapNode | undefined)[] = [];

  constructor(root: MapRoot, reader: Pick<MapNodeReader, 'read'>) {
    this.#root = root;
    this.#reader = reader;
    this.rootLevel = rootLevelOf(root.blockCount);
  }

  /** What the map says of one block. @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND */
  async blockAt(index: BlockIndex): Promise<MapEntry> {
    const leaf = this.#path[0];
    const position = Math.floor(index / mapFanout);
    // Without a promise for the common case: the next block is in the same leaf.
    if (leaf?.position === position) return leaf.entries[index % mapFanout] ?? 'absent';
    const node = await this.nodeAt(0, position);
    return typeof node === 'string' ? node : (node.entries[index % mapFanout] ?? 'absent');
  }

  /** The node at a place, or what its whole span is. @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND */
  async nodeAt(level: number, position: number): Promise<MapNode | 'absent' | 'zero'> {
    const known = this.#path[level];
    if (known?.position === position) return known;
    const entry = await this.entryOf(level, position);
    if (typeof entry === 'string') return entry;
    const entryCount = entryCountOf(level, position, this.#root.blockCount);
    const parent = this.#path[level + 1];
    const following =
      parent === undefined || level === this.rootLevel
        ? []
        : parent.entries.slice((position % mapFanout) + 1);
    const node = await this.#reader.read(entry, { level, position, entryCount }, following);
    this.#path[level] = node;
    return node;
  }

  /**
   * The entry that refers to the node at a place; `absent` for places that the map does not have.
   *
   * @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND
   */
  async entryOf(level: number, position: number): Promise<MapEntry> {
    if (level === this.rootLevel && position === 0) return this.#root.entry;
    if (level >= this.rootLevel) return 'absent';
    const parent = await this.nodeAt(level + 1, Math.floor(position / mapFanout));
    return typeof parent === 'string' ? parent : (parent.entries[position % mapFanout] ?? 'absent');
  }
}
