import { blockLengthBytes } from '../../../domain/block-size.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { BlockPlace } from '../../repairer.ts';
import type { MapPlace } from '../map/decode-map-node.ts';
import { entryCountOf, mapFanout, rootLevelOf } from '../map/map-geometry.ts';
import type { MapEntry } from '../map/map-node.ts';
import { recordName, type RecordRef } from '../map/record-ref.ts';
import { PackHeaders } from '../pack/pack-headers.ts';
import { RecordPresence } from '../pack/record-presence.ts';
import type { CurrentPoint } from '../point/current-point.ts';
import { readBlockIfSound } from '../point/read-block-record.ts';
import type { StoredVolume } from '../point/stored-point.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { NodeSource } from './node-source.ts';

const limits = {
  /** Damaged records of one repair, some 500 bytes each; the rest is left for the next one. */
  damagedMax: 100_000,
  /** Records of one leaf that are read at the same time. */
  readsAtOnceMax: 8,
} as const;

export interface DamagedBlock {
  readonly ref: RecordRef;
  readonly place: BlockPlace;
}

export interface DamagedNode {
  readonly ref: RecordRef;
  readonly place: MapPlace;
  readonly point: CurrentPoint;
  readonly volume: StoredVolume;
}

/** What cannot be read of some points, by the names of the records. */
export interface Damage {
  readonly blocks: Map<string, DamagedBlock>;
  readonly nodes: Map<string, DamagedNode>;
}

export interface SurveyOptions {
  readonly suspects: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
}

/** Finds what is damaged of points, as far as the maps lead there. What they share is looked at once. */
export class DamageSurvey {
  readonly #context: RepositoryContext;
  readonly #nodes: NodeSource;
  readonly #options: SurveyOptions;
  readonly #presence: RecordPresence;
  readonly #headers: PackHeaders;
  readonly #seen = new Set<string>();
  readonly damage: Damage = { blocks: new Map(), nodes: new Map() };
  /** Packs that begin with what they must not, though what is in them can be read. */
  readonly spoiltPacks = new Set<string>();

  constructor(context: RepositoryContext, nodes: NodeSource, options: SurveyOptions) {
    this.#context = context;
    this.#nodes = nodes;
    this.#options = options;
    this.#presence = new RecordPresence(context.newPackSizes(), context.keyring);
    this.#headers = new PackHeaders(context.objectStore, context.keys.repositoryId);
  }

  /** Looks at a point. */
  async look(point: CurrentPoint): Promise<void> {
    await this.#lookIn(point, async (target) => {
      for (const volume of point.volumes) {
        const { blockCount, entry } = volume.root;
        await this.#look({ ...target, volume }, entry, rootLevelOf(blockCount), 0, []);
      }
    });
  }

  /** Looks at what is below a node that was found damaged, and was put together again since. */
  async lookBelow({ ref, place: { level, position }, point, volume }: DamagedNode): Promise<void> {
    const name = recordName(ref);
    this.damage.nodes.delete(name);
    this.#seen.delete(name);
    await this.#lookIn(point, async (target) => {
      await this.#look({ ...target, volume }, ref, level, position, []);
    });
  }

  /** What is found is left out when the point turns out to be removed. */
  async #lookIn(
    point: CurrentPoint,
    look: (target: Omit<Target, 'volume'>) => Promise<void>,
  ): Promise<void> {
    const found: Damage = { blocks: new Map(), nodes: new Map() };
    const entered: string[] = [];
    await look({ point, found, entered });
    if (found.blocks.size + found.nodes.size === 0) return;
    const { instanceId, pointId } = point.manifest;
    if (await this.#context.catalog.isRemoved(instanceId, pointId)) {
      for (const name of entered) this.#seen.delete(name);
      return;
    }
    for (const [name, node] of found.nodes) this.#note(this.damage.nodes, name, node);
    for (const [name, block] of found.blocks) this.#note(this.damage.blocks, name, block);
  }

  #note<Piece>(pieces: Map<string, Piece>, name: string, piece: Piece): void {
    if (this.damage.blocks.size + this.damage.nodes.size >= limits.damagedMax) return;
    if (!pieces.has(name)) pieces.set(name, piece);
  }

  async #look(
    target: Target,
    entry: MapEntry,
    level: number,
    position: number,
    following: readonly MapEntry[],
  ): Promise<void> {
    if (typeof entry === 'string') return;
    const name = recordName(entry);
    if (this.#seen.has(name)) return;
    this.#options.signal?.throwIfAborted();
    this.#seen.add(name);
    target.entered.push(name);
    const { point, volume, found } = target;
    const { blockCount } = volume.root;
    const place = {
      level,
      position,
      entryCount: entryCountOf(level, position, blockCount),
    };
    const node = await this.#nodes.readIfSound(entry, place, following);
    if (node === null) {
      found.nodes.set(name, { ref: entry, place, point, volume });
      return;
    }
    await this.#lookAtHeader(entry, 'map');
    if (level === 0) {
      await this.#lookAtBlocks(target, node.entries, position);
      return;
    }
    for (const [n, child] of node.entries.entries()) {
      const rest = node.entries.slice(n + 1);
      await this.#look(target, child, level - 1, position * mapFanout + n, rest);
    }
  }

  async #lookAtBlocks(
    { point, volume, found }: Target,
    entries: readonly MapEntry[],
    position: number,
  ): Promise<void> {
    const { volumeId, sizeBytes } = volume.volume;
    const blocks: DamagedBlock[] = [];
    for (const [n, ref] of entries.entries()) {
      if (typeof ref === 'string') continue;
      const blockIndex = (position * mapFanout + n) as BlockIndex;
      const lengthBytes = blockLengthBytes(sizeBytes, blockIndex);
      // A copy, because the id is a view of the whole leaf.
      const own = { ...ref, id: ref.id.slice() };
      const { pointId } = point.manifest;
      blocks.push({
        ref: own,
        place: { pointId, volumeId, blockIndex, lengthBytes },
      });
    }
    for (let first = 0; first < blocks.length; first += limits.readsAtOnceMax) {
      const batch = blocks.slice(first, first + limits.readsAtOnceMax);
      const areDamaged = await Promise.all(batch.map((block) => this.#isDamaged(block)));
      for (const [n, block] of batch.entries()) {
        if (areDamaged[n] === true) found.blocks.set(recordName(block.ref), block);
      }
    }
  }

  async #isDamaged({ ref, place }: DamagedBlock): Promise<boolean> {
    if ((await this.#presence.problemOf(ref)) !== null) return true;
    if (!this.#options.suspects.has(ref.pack.key)) return false;
    await this.#lookAtHeader(ref, 'data');
    return (await readBlockIfSound(this.#context, ref, place.lengthBytes)) === null;
  }

  async #lookAtHeader({ pack }: RecordRef, kind: 'data' | 'map'): Promise<void> {
    if (!this.#options.suspects.has(pack.key)) return;
    if ((await this.#headers.problemOf(pack, kind)) !== null) this.spoiltPacks.add(pack.key);
  }
}

interface Target {
  readonly point: CurrentPoint;
  readonly volume: StoredVolume;
  readonly found: Damage;
  readonly entered: string[];
}
