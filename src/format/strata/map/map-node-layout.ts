import { recordIdSizeBytes } from '../keys/record-id.ts';
import { mapFanout } from './map-geometry.ts';

/** Two bits for each entry. */
export const mapStateCodes = { absent: 0, zero: 1, record: 2 } as const;

export const mapNodeVersion = 1;
const headSizeBytes = 8;
const statesSizeBytes = mapFanout / 4;
export const mapNodePackSizeBytes = 24;

/** Offsets of the parts of a node's bytes, from its start. */
export interface MapNodeLayout {
  readonly statesOffset: number;
  readonly packsOffset: number;
  readonly packIndexesOffset: number;
  readonly offsetsOffset: number;
  readonly lengthsOffset: number;
  readonly idsOffset: number;
  readonly sizeBytes: number;
}

/**
 * Where the parts of a node's bytes are: head, states, pack table, then one column each for pack
 * indexes, offsets, lengths and ids of the entries that refer to records. Columns, because they
 * compress better than rows.
 */
export function mapNodeLayout(packCount: number, refCount: number): MapNodeLayout {
  const statesOffset = headSizeBytes;
  const packsOffset = statesOffset + statesSizeBytes;
  const packIndexesOffset = packsOffset + packCount * mapNodePackSizeBytes;
  const offsetsOffset = packIndexesOffset + refCount;
  const lengthsOffset = offsetsOffset + 4 * refCount;
  const idsOffset = lengthsOffset + 4 * refCount;
  return {
    statesOffset,
    packsOffset,
    packIndexesOffset,
    offsetsOffset,
    lengthsOffset,
    idsOffset,
    sizeBytes: idsOffset + recordIdSizeBytes * refCount,
  };
}

export const mapNodeMinSizeBytes = mapNodeLayout(0, 0).sizeBytes;
export const mapNodeMaxSizeBytes = mapNodeLayout(mapFanout, mapFanout).sizeBytes;
