import type { ObjectLocation } from '../object/object-corrupt.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';

/** What a record holds. Data and metadata never share a key, nor a pack. */
export type RecordKind = 'block' | 'map-node';
export type RecordCompression = 'raw' | 'zstd';

export interface RecordHeader {
  readonly kind: RecordKind;
  readonly compression: RecordCompression;
  /** 32 bytes. */
  readonly id: Uint8Array;
  readonly plainLengthBytes: number;
  /** Length of the ciphertext, without header and tag. */
  readonly storedLengthBytes: number;
  /** The session under whose data key the record is. */
  readonly sessionIdBytes: Uint8Array;
  /** 12 random bytes. */
  readonly nonce: Uint8Array;
}

export const recordHeaderSizeBytes = 76;
export const recordTagSizeBytes = 16;
export const recordNonceSizeBytes = 12;
/** What a record needs besides its content. */
export const recordOverheadSizeBytes = recordHeaderSizeBytes + recordTagSizeBytes;
/** No record may claim more content than this: a block is 512 KiB, a map node far less. */
export const recordPlainLengthMaxBytes = 512 * 1024;

const magic = 0x31_52_4c_53; // "SLR1", little-endian
const version = 1;
const kindCodes = { block: 1, 'map-node': 2 } as const satisfies Record<RecordKind, number>;
const compressionCodes = { raw: 0, zstd: 1 } as const satisfies Record<RecordCompression, number>;

/** Writes the header to the first 76 bytes of `out`. */
export function writeRecordHeader(header: RecordHeader, out: Uint8Array): void {
  const view = new DataView(out.buffer, out.byteOffset, recordHeaderSizeBytes);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint8(5, kindCodes[header.kind]);
  view.setUint8(6, compressionCodes[header.compression]);
  view.setUint8(7, 0);
  out.set(header.id, 8);
  view.setUint32(40, header.plainLengthBytes, true);
  view.setUint32(44, header.storedLengthBytes, true);
  out.set(header.sessionIdBytes, 48);
  out.set(header.nonce, 64);
}

/**
 * Reads the header at the start of `bytes`, checking every field by itself. The arrays of the
 * result are views of `bytes`.
 *
 * @throws OBJECT_CORRUPT
 */
export function readRecordHeader(bytes: Uint8Array, location: ObjectLocation): RecordHeader {
  const refuse = (reason: string): Error => objectCorrupt(location, reason);
  if (bytes.length < recordOverheadSizeBytes) throw refuse('the record is shorter than its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, recordHeaderSizeBytes);
  if (view.getUint32(0, true) !== magic) throw refuse('no record begins here');
  if (view.getUint8(4) !== version) throw refuse(`record version ${view.getUint8(4)} is unknown`);
  const kind = kindOf(view.getUint8(5));
  if (kind === null) throw refuse(`record kind ${view.getUint8(5)} is unknown`);
  const compression = compressionOf(view.getUint8(6));
  if (compression === null) throw refuse(`compression ${view.getUint8(6)} is unknown`);
  if (view.getUint8(7) !== 0) throw refuse('a reserved byte of the record is not zero');
  const plainLengthBytes = view.getUint32(40, true);
  const storedLengthBytes = view.getUint32(44, true);
  if (plainLengthBytes === 0 || plainLengthBytes > recordPlainLengthMaxBytes) {
    throw refuse(`the record claims a content of ${plainLengthBytes} bytes`);
  }
  if (compression === 'raw' && storedLengthBytes !== plainLengthBytes) {
    throw refuse('the lengths of an uncompressed record differ');
  }
  if (storedLengthBytes > plainLengthBytes) throw refuse('the record is longer than its content');
  return {
    kind,
    compression,
    id: bytes.subarray(8, 40),
    plainLengthBytes,
    storedLengthBytes,
    sessionIdBytes: bytes.subarray(48, 64),
    nonce: bytes.subarray(64, 76),
  };
}

function kindOf(code: number): RecordKind | null {
  if (code === kindCodes.block) return 'block';
  return code === kindCodes['map-node'] ? 'map-node' : null;
}

function compressionOf(code: number): RecordCompression | null {
  if (code === compressionCodes.raw) return 'raw';
  return code === compressionCodes.zstd ? 'zstd' : null;
}
