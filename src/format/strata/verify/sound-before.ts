import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import { MapCursor } from '../map/map-cursor.ts';
import type { MapNodeReader } from '../map/map-node-reader.ts';
import { isSameEntry, type MapRoot } from '../map/map-node.ts';
import type { BlockRef } from '../map/record-ref.ts';

/** What was found sound of a volume in an earlier point, as long as that can be read. */
export class SoundBefore {
  #map: MapCursor | null;

  constructor(root: MapRoot | null, reader: Pick<MapNodeReader, 'read'>) {
    this.#map = root === null ? null : new MapCursor(root, reader);
  }

  /** Whether the earlier map has this record in this place. */
  async has(index: BlockIndex, ref: BlockRef): Promise<boolean> {
    if (this.#map === null) return false;
    try {
      return isSameEntry(await this.#map.blockAt(index), ref);
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
      // Of a point that was removed or moved, and collected since: everything is checked from here on.
      this.#map = null;
      return false;
    }
  }
}
