import { assert } from '../../../domain/errors/assert.ts';
import { uuidToBytes } from '../encoding/uuid-bytes.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import { mapFanout } from './map-geometry.ts';
import {
  mapNodePackSizeBytes,
  mapNodeVersion,
  mapNodeLayout,
  mapStateCodes,
} from './map-node-layout.ts';
import type { MapEntry, MapNode } from './map-node.ts';
import type { PackRef, RecordRef } from './record-ref.ts';

/**
 * The bytes of a node: docs/strata.md, "Map node". Canonical: equal nodes have equal bytes, which
 * is what lets a new map share the nodes of an older one.
 */
export function encodeMapNode(node: MapNode): Uint8Array {
  const { entries } = node;
  assert(entries.length >= 1 && entries.length <= mapFanout, 'a map node has 1 to 64 entries');
  const refs = entries.filter((entry): entry is RecordRef => typeof entry !== 'string');
  const packs = packTableOf(refs);
  const layout = mapNodeLayout(packs.size, refs.length);
  const bytes = new Uint8Array(layout.sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, mapNodeVersion);
  view.setUint8(1, node.level);
  view.setUint8(2, entries.length);
  view.setUint8(3, packs.size);
  view.setUint32(4, node.position, true);
  entries.forEach((entry, index) => {
    const at = layout.statesOffset + (index >> 2);
    view.setUint8(at, view.getUint8(at) | (stateOf(entry) << ((index & 3) * 2)));
  });
  let packOffset = layout.packsOffset;
  for (const { pack } of packs.values()) {
    bytes.set(uuidToBytes(pack.sessionId), packOffset);
    view.setUint32(packOffset + 16, pack.writer, true);
    view.setUint32(packOffset + 20, pack.number, true);
    packOffset += mapNodePackSizeBytes;
  }
  refs.forEach((ref, n) => {
    view.setUint8(layout.packIndexesOffset + n, packs.get(ref.pack.key)?.index ?? 0);
    view.setUint32(layout.offsetsOffset + 4 * n, ref.offset, true);
    view.setUint32(layout.lengthsOffset + 4 * n, ref.lengthBytes, true);
    bytes.set(ref.id, layout.idsOffset + recordIdSizeBytes * n);
  });
  return bytes;
}

/** The packs in the order of their first use. */
function packTableOf(
  refs: readonly RecordRef[],
): Map<string, { readonly pack: PackRef; readonly index: number }> {
  const packs = new Map<string, { readonly pack: PackRef; readonly index: number }>();
  for (const { pack } of refs) {
    if (!packs.has(pack.key)) packs.set(pack.key, { pack, index: packs.size });
  }
  return packs;
}

function stateOf(entry: MapEntry): number {
  return typeof entry === 'string' ? mapStateCodes[entry] : mapStateCodes.record;
}
