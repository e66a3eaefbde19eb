import type { SessionId } from '../../../domain/identifiers.ts';
import { uuidFromBytes } from '../encoding/uuid-bytes.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { recordOverheadSizeBytes } from '../record/record-header.ts';
import { mapFanout } from './map-geometry.ts';
import {
  mapNodePackSizeBytes,
  mapNodeVersion,
  mapNodeLayout,
  mapNodeMinSizeBytes,
  mapStateCodes,
} from './map-node-layout.ts';
import type { MapEntry, MapNode } from './map-node.ts';
import type { PackRef } from './record-ref.ts';
import { packRefOf } from './record-ref.ts';

/** The place at which a reader expects a node. */
export interface MapPlace {
  readonly level: number;
  readonly position: number;
  readonly entryCount: number;
}

/**
 * Reads a node, checking every field although its record was authentic: a defect of the program
 * that wrote it must not become wrong data. Ids are views of `bytes`.
 *
 * @throws OBJECT_CORRUPT
 */
export function decodeMapNode(
  bytes: Uint8Array,
  place: MapPlace,
  location: ObjectLocation,
): MapNode {
  const refuse = (reason: string): Error => objectCorrupt(location, `the map node ${reason}`);
  if (bytes.length < mapNodeMinSizeBytes) throw refuse('is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [level, entryCount, packCount] = [view.getUint8(1), view.getUint8(2), view.getUint8(3)];
  const position = view.getUint32(4, true);
  if (view.getUint8(0) !== mapNodeVersion) throw refuse('has an unknown version');
  if (level !== place.level || position !== place.position) {
    throw refuse(`belongs to place ${level}:${position}, not ${place.level}:${place.position}`);
  }
  if (entryCount !== place.entryCount) {
    throw refuse(`has ${entryCount} entries instead of ${place.entryCount}`);
  }
  const states = readStates(view, entryCount, refuse);
  const refCount = states.filter((state) => state === mapStateCodes.record).length;
  if (packCount > refCount) throw refuse('names more packs than it uses');
  const layout = mapNodeLayout(packCount, refCount);
  if (bytes.length !== layout.sizeBytes) throw refuse('does not have the length it states');
  const packs = Array.from({ length: packCount }, (_, index): PackRef => {
    const at = layout.packsOffset + index * mapNodePackSizeBytes;
    return packRefOf({
      sessionId: uuidFromBytes(bytes, at) as SessionId,
      writer: view.getUint32(at + 16, true),
      number: view.getUint32(at + 20, true),
    });
  });
  let nextRef = 0;
  const entries = states.map((state): MapEntry => {
    if (state === mapStateCodes.absent) return 'absent';
    if (state === mapStateCodes.zero) return 'zero';
    const n = nextRef;
    nextRef += 1;
    const pack = packs[view.getUint8(layout.packIndexesOffset + n)];
    if (pack === undefined) throw refuse('refers to a pack that it does not name');
    const lengthBytes = view.getUint32(layout.lengthsOffset + 4 * n, true);
    if (lengthBytes <= recordOverheadSizeBytes) throw refuse('refers to a record without content');
    const idOffset = layout.idsOffset + recordIdSizeBytes * n;
    return {
      pack,
      offset: view.getUint32(layout.offsetsOffset + 4 * n, true),
      lengthBytes,
      id: bytes.subarray(idOffset, idOffset + recordIdSizeBytes),
    };
  });
  return { level, position, entries };
}

function readStates(
  view: DataView,
  entryCount: number,
  refuse: (reason: string) => Error,
): readonly number[] {
  const { statesOffset } = mapNodeLayout(0, 0);
  const states = Array.from(
    { length: mapFanout },
    (_, index) => (view.getUint8(statesOffset + (index >> 2)) >> ((index & 3) * 2)) & 3,
  );
  if (states.some((state) => state > mapStateCodes.record)) throw refuse('has an unknown state');
  if (states.slice(entryCount).some((state) => state !== mapStateCodes.absent)) {
    throw refuse('has entries beyond the end of the volume');
  }
  return states.slice(0, entryCount);
}

/** The place that the bytes of a node name, which was found to be authentic. */
export function statedPlace(bytes: Uint8Array): Pick<MapPlace, 'level' | 'position'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { level: view.getUint8(1), position: view.getUint32(4, true) };
}
