import type { ObjectKey } from '../../../ports/object-store.ts';
import type { PointId, SessionId } from '../../../domain/identifiers.ts';
import { BoundedCache } from '../cache/bounded-cache.ts';
import { entryCountOf, mapFanout, rootLevelOf } from '../map/map-geometry.ts';
import type { MapNodeReader } from '../map/map-node-reader.ts';
import type { MapEntry, MapRoot } from '../map/map-node.ts';
import type { StoredPoint } from '../point/stored-point.ts';

/** Nodes remembered, some 150 bytes each. Forgetting some only costs time. */
const seenNodesMax = 600_000;

/** Notes which packs are needed. Points share most of their maps, so each node is read once. */
export class PackMarker {
  readonly #reader: MapNodeReader;
  readonly #packs = new Set<ObjectKey>();
  readonly #sessions = new Set<SessionId>();
  readonly #seen = new BoundedCache<string, true>(seenNodesMax);
  readonly #points = new Set<PointId>();

  constructor(reader: MapNodeReader) {
    this.#reader = reader;
  }

  /** All packs that were found to be needed. */
  get packs(): ReadonlySet<ObjectKey> {
    return this.#packs;
  }

  /** The sessions that wrote them. */
  get sessions(): ReadonlySet<SessionId> {
    return this.#sessions;
  }

  /** @throws OBJECT_CORRUPT when a node cannot be read; what it needs is unknown then */
  async markPoint({ manifest, volumes }: StoredPoint): Promise<void> {
    if (this.#points.has(manifest.pointId)) return;
    for (const { root } of volumes) await this.markMap(root);
    this.#points.add(manifest.pointId);
  }

  /** @throws OBJECT_CORRUPT */
  async markMap({ blockCount, entry }: MapRoot): Promise<void> {
    await this.#mark(blockCount, entry, rootLevelOf(blockCount), 0, []);
  }

  async #mark(
    blockCount: number,
    entry: MapEntry,
    level: number,
    position: number,
    following: readonly MapEntry[],
  ): Promise<void> {
    if (typeof entry === 'string') return;
    const name = `${entry.pack.key}@${entry.offset}`;
    if (this.#seen.get(name) === true) return;
    this.#note(entry);
    const entryCount = entryCountOf(level, position, blockCount);
    const { entries } = await this.#reader.read(entry, { level, position, entryCount }, following);
    for (const [n, child] of entries.entries()) {
      if (level === 0) {
        this.#note(child);
        continue;
      }
      const rest = entries.slice(n + 1);
      await this.#mark(blockCount, child, level - 1, position * mapFanout + n, rest);
    }
    this.#seen.set(name, true);
  }

  #note(entry: MapEntry): void {
    if (typeof entry === 'string') return;
    this.#packs.add(entry.pack.key);
    this.#sessions.add(entry.pack.sessionId);
  }
}
