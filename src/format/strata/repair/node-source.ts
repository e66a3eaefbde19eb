import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { MapPlace } from '../map/decode-map-node.ts';
import type { MapNodeReader } from '../map/map-node-reader.ts';
import type { MapEntry, MapNode } from '../map/map-node.ts';
import { recordName, type RecordRef } from '../map/record-ref.ts';

/** Nodes of maps: as they are stored, or as they were put together again. */
export class NodeSource {
  readonly #stored: Pick<MapNodeReader, 'read'>;
  readonly #healed = new Map<string, MapNode>();

  constructor(stored: Pick<MapNodeReader, 'read'>) {
    this.#stored = stored;
  }

  get healedCount(): number {
    return this.#healed.size;
  }

  /** @param node is proven to be the one that the reference means */
  add(ref: RecordRef, node: MapNode): void {
    this.#healed.set(recordName(ref), node);
  }

  isHealed(ref: RecordRef): boolean {
    return this.#healed.has(recordName(ref));
  }

  /** @throws OBJECT_CORRUPT */
  async read(ref: RecordRef, place: MapPlace, following: readonly MapEntry[]): Promise<MapNode> {
    const healed = this.#healed.get(recordName(ref));
    return healed ?? (await this.#stored.read(ref, place, following));
  }

  /** Null where the node can neither be read nor was put together again. */
  async readIfSound(
    ref: RecordRef,
    place: MapPlace,
    following: readonly MapEntry[],
  ): Promise<MapNode | null> {
    try {
      return await this.read(ref, place, following);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      return null;
    }
  }
}
