import type { SessionId } from '../../../domain/identifiers.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';
import { encodeMsgpack } from '../encoding/msgpack.ts';
import { StoredFields } from '../encoding/stored-fields.ts';
import { uuidFromBytes, uuidSizeBytes, uuidToBytes } from '../encoding/uuid-bytes.ts';
import type { ObjectLocation } from '../object/object-corrupt.ts';
import { packKey, parsePackKey } from '../object/object-keys.ts';

/** Packs that were condemned together. */
export interface CondemnedBatch {
  /** The first generation that condemned them; all since have, too. */
  readonly since: number;
  /**
   * The sessions that may refer to them all the same, because they may have registered before that
   * generation; null until they were listed once after it was made.
   */
  readonly awaits: readonly SessionId[] | null;
  readonly packs: readonly ObjectKey[];
}

/** What one object under `gc/` says: everything that is condemned from then on. */
export interface Generation {
  /** 0 stands for the time before the first one. */
  readonly number: number;
  readonly batches: readonly CondemnedBatch[];
}

/** Keeps the object of a generation below the limit of sealed objects; the rest comes later. */
export const generationLimits = {
  /** 24 bytes each: 9.6 MB, the packs of some 6 TiB. */
  packsMax: 400_000,
  /** One batch for each collection that had to leave something for later. */
  batchesMax: 64,
  /** Sessions that one batch awaits: 16 bytes each. */
  awaitsMax: 4096,
} as const;

export const noGeneration: Generation = { number: 0, batches: [] };

const packSizeBytes = uuidSizeBytes + 8;

/** The content of the object, ready to be sealed. */
export function encodeGeneration({ batches }: Generation): Uint8Array {
  return encodeMsgpack({
    batches: batches.map(({ since, awaits, packs }) => ({
      since,
      awaits: awaits === null ? null : Buffer.concat(awaits.map(uuidToBytes)),
      packs: encodePacks(packs),
    })),
  });
}

/** @throws OBJECT_CORRUPT */
export function decodeGeneration(
  content: Uint8Array,
  number: number,
  location: ObjectLocation,
): Generation {
  const fields = StoredFields.decode(content, location);
  return {
    number,
    batches: fields.maps('batches', generationLimits.batchesMax).map((batch) => ({
      since: batch.count('since', { min: 1, max: number }),
      awaits: batch.isNull('awaits') ? null : decodeSessions(batch.rows('awaits', uuidSizeBytes)),
      packs: decodePacks(batch.rows('packs', packSizeBytes)),
    })),
  };
}

function encodePacks(packs: readonly ObjectKey[]): Uint8Array {
  const bytes = Buffer.alloc(packs.length * packSizeBytes);
  packs.forEach((key, index) => {
    const pack = parsePackKey(key);
    if (pack === null) throw new TypeError(`${key} is not the key of a pack`);
    const offset = index * packSizeBytes;
    bytes.set(uuidToBytes(pack.sessionId), offset);
    bytes.writeUInt32LE(pack.writer, offset + uuidSizeBytes);
    bytes.writeUInt32LE(pack.number, offset + uuidSizeBytes + 4);
  });
  return bytes;
}

function decodePacks(rows: readonly Uint8Array[]): readonly ObjectKey[] {
  return rows.map((row) => {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    return packKey({
      sessionId: uuidFromBytes(row) as SessionId,
      writer: view.getUint32(uuidSizeBytes, true),
      number: view.getUint32(uuidSizeBytes + 4, true),
    });
  });
}

function decodeSessions(rows: readonly Uint8Array[]): readonly SessionId[] {
  return rows.map((row) => uuidFromBytes(row) as SessionId);
}
