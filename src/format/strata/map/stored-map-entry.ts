import type { SessionId } from '../../../domain/identifiers.ts';
import type { Storable } from '../encoding/msgpack.ts';
import type { StoredFields } from '../encoding/stored-fields.ts';
import { recordIdSizeBytes } from '../keys/record-id.ts';
import { recordOverheadSizeBytes } from '../record/record-header.ts';
import type { MapEntry } from './map-node.ts';
import { packRefOf } from './record-ref.ts';

const u32Max = 0xffff_ffff;

/** The root of a map as msgpack holds it. docs/strata.md, "Manifest". */
export function storableMapEntry(entry: MapEntry): Storable {
  if (typeof entry === 'string') return entry;
  const { pack, offset, lengthBytes, id } = entry;
  const { sessionId, writer, number } = pack;
  return { sessionId, writer, number, offset, lengthBytes, id };
}

/** @throws OBJECT_CORRUPT */
export function readMapEntry(parent: StoredFields, name: string): MapEntry {
  if (parent.isText(name)) return parent.oneOf(name, ['absent', 'zero']);
  const fields = parent.map(name);
  return {
    pack: packRefOf({
      sessionId: fields.uuid('sessionId') as SessionId,
      writer: fields.count('writer', { max: u32Max }),
      number: fields.count('number', { max: u32Max }),
    }),
    offset: fields.count('offset', { max: u32Max }),
    lengthBytes: fields.count('lengthBytes', { min: recordOverheadSizeBytes + 1, max: u32Max }),
    id: fields.bytes('id', recordIdSizeBytes),
  };
}
