import { BoundedCache } from '../../cache/bounded-cache.ts';
import { entryCountOf, mapFanout, rootLevelOf } from './map-geometry.ts';
import type { MapNodeReader } from './map-node-reader.ts';
import type { MapEntry, MapRoot } from './map-node.ts';
import type { RecordRef } from './record-ref.ts';

/** Nodes remembered, some 150 bytes each. Forgetting some only costs time. */
const seenNodesMax = 600_000;

/** Gives a promise only when it has to be waited for. */
export type NoteRecord = (ref: RecordRef) => Promise<void> | undefined;

/** Tells of every record that maps lead to. Maps share most of their nodes: each is read once. */
export class MapWalk {
  readonly #reader: MapNodeReader;
  readonly #note: NoteRecord;
  readonly #seen = new BoundedCache<string, true>(seenNodesMax);

  /** @param note called for each node before what is below it, and for each block of a leaf */
  constructor(reader: MapNodeReader, note: NoteRecord) {
    this.#reader = reader;
    this.#note = note;
  }

  /** @throws OBJECT_CORRUPT when a node cannot be read; what is below it is unknown then */
  async walk({ blockCount, entry }: MapRoot): Promise<void> {
    await this.#walk(blockCount, entry, rootLevelOf(blockCount), 0, []);
  }

  async #walk(
    blockCount: number,
    entry: MapEntry,
    level: number,
    position: number,
    following: readonly MapEntry[],
  ): Promise<void> {
    if (typeof entry === 'string') return;
    const name = `${entry.pack.key}@${entry.offset}`;
    if (this.#seen.get(name) === true) return;
    const noted = this.#note(entry);
    if (noted !== undefined) await noted;
    const entryCount = entryCountOf(level, position, blockCount);
    const { entries } = await this.#reader.read(entry, { level, position, entryCount }, following);
    for (const [n, child] of entries.entries()) {
      if (level === 0) {
        const ofBlock = typeof child === 'string' ? undefined : this.#note(child);
        if (ofBlock !== undefined) await ofBlock;
        continue;
      }
      const rest = entries.slice(n + 1);
      await this.#walk(blockCount, child, level - 1, position * mapFanout + n, rest);
    }
    this.#seen.set(name, true);
  }
}
