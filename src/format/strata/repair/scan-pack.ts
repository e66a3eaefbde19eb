import { hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { PackRef, RecordRef } from '../map/record-ref.ts';
import { packHeaderSizeBytes } from '../pack/pack-header.ts';
import {
  readRecordHeader,
  recordOverheadSizeBytes,
  type RecordKind,
} from '../record/record-header.ts';

/** A pack is looked through in memory; writers make none of more than half of this. */
const scannedPackMaxBytes = 64 * 1024 * 1024;

const recordMagic = Buffer.from('SLR1', 'latin1');

/** A record as its header has it: nothing of it is proven. */
export interface ScannedRecord {
  readonly kind: RecordKind;
  readonly ref: RecordRef;
}

/**
 * The records of a pack, found by their headers alone, in their order. Where a header is damaged the
 * next one is looked for. Empty for a pack that is gone or too large.
 */
export async function scanPack(
  objectStore: ObjectStore,
  pack: PackRef,
  sizeBytes: number,
): Promise<readonly ScannedRecord[]> {
  if (sizeBytes > scannedPackMaxBytes) return [];
  let bytes: Buffer;
  try {
    const found = await objectStore.get(pack.key);
    bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_NOT_FOUND', 'OBJECT_CORRUPT')) throw error;
    return [];
  }
  const records: ScannedRecord[] = [];
  let offset = packHeaderSizeBytes;
  while (offset + recordOverheadSizeBytes <= bytes.length) {
    const record = recordAt(bytes, offset, pack);
    if (record === null) {
      offset = nextMagic(bytes, offset + 1);
      continue;
    }
    records.push(record);
    const end = offset + record.ref.lengthBytes;
    // A length that is damaged leads to where no record begins, past those that are between.
    const isSound = end === bytes.length || bytes.subarray(end, end + 4).equals(recordMagic);
    offset = isSound ? end : nextMagic(bytes, offset + 1);
  }
  return records;
}

function nextMagic(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(recordMagic, from);
  return found === -1 ? bytes.length : found;
}

function recordAt(bytes: Buffer, offset: number, pack: PackRef): ScannedRecord | null {
  // With the least that a record has behind its header, as its reader wants it.
  const start = bytes.subarray(offset, offset + recordOverheadSizeBytes);
  try {
    const { kind, id, storedLengthBytes } = readRecordHeader(start, {
      objectKey: pack.key,
    });
    const lengthBytes = recordOverheadSizeBytes + storedLengthBytes;
    if (offset + lengthBytes > bytes.length) return null;
    // A copy, because the header is a view of the whole pack.
    return {
      kind,
      ref: { pack, offset, lengthBytes, id: Uint8Array.from(id) },
    };
  } catch (error) {
    if (!hasErrorCode(error, 'OBJECT_CORRUPT')) throw error;
    return null;
  }
}
