import { hash } from 'node:crypto';

/** A field of a structure that is hashed or signed; texts become UTF-8. */
export type Field = string | Uint8Array;

const lengthSizeBytes = 4;

/**
 * The fields one after the other, each preceded by its length in bytes (unsigned, 32 bits,
 * little-endian), so that no two lists of fields have the same bytes.
 */
export function lengthPrefixed(fields: readonly Field[]): Uint8Array {
  let sizeBytes = 0;
  for (const field of fields) {
    const isText = typeof field === 'string';
    sizeBytes += lengthSizeBytes + (isText ? Buffer.byteLength(field) : field.byteLength);
  }
  const bytes = Buffer.from(new ArrayBuffer(sizeBytes));
  writeFields(fields, bytes);
  return new Uint8Array(bytes.buffer);
}

/**
 * SHA-256 over these bytes, in hex. They are not kept: this runs for every event that is ever read,
 * and most of what it would cost is the memory.
 */
export function hashLengthPrefixed(fields: readonly Field[]): string {
  let sizeMaxBytes = 0;
  for (const field of fields) {
    // A UTF-16 code unit has three bytes at most.
    sizeMaxBytes +=
      lengthSizeBytes + (typeof field === 'string' ? field.length * 3 : field.byteLength);
  }
  if (sizeMaxBytes > scratch.byteLength) return hash('sha256', lengthPrefixed(fields), 'hex');
  const end = writeShortAscii(fields, scratch) ?? writeFields(fields, scratch);
  return hash('sha256', scratch.subarray(0, end), 'hex');
}

/** Where fields are put together that are hashed at once; all but the largest events fit. */
const scratch = Buffer.alloc(64 * 1024);

/** Below this a length, and a character, is one byte of UTF-8. */
const asciiEnd = 128;

/** The four bytes of a short text's length, as characters. */
const shortLengths = Array.from({ length: asciiEnd }, (_, length) =>
  String.fromCharCode(length, 0, 0, 0),
);

/**
 * What `writeFields` writes, for texts that are short and ASCII, as nearly all are: neighbours become
 * one text with their lengths between them, because each call that writes one costs more than its bytes.
 *
 * @returns where the last field ends; null when a text is of another kind, and then nothing counts
 */
function writeShortAscii(fields: readonly Field[], bytes: Buffer): number | null {
  let offset = 0;
  let texts = '';
  for (const field of fields) {
    if (typeof field === 'string') {
      const length = shortLengths[field.length];
      if (length === undefined) return null;
      texts += length + field;
      continue;
    }
    // A character that is not ASCII takes more bytes than one.
    if (bytes.write(texts, offset) !== texts.length) return null;
    offset += texts.length;
    texts = '';
    bytes.writeUInt32LE(field.byteLength, offset);
    bytes.set(field, offset + lengthSizeBytes);
    offset += lengthSizeBytes + field.byteLength;
  }
  return bytes.write(texts, offset) === texts.length ? offset + texts.length : null;
}

/** @returns where the last field ends */
function writeFields(fields: readonly Field[], bytes: Buffer): number {
  let offset = 0;
  for (const field of fields) {
    const begin = offset + lengthSizeBytes;
    if (typeof field === 'string') {
      offset = begin + bytes.write(field, begin);
    } else {
      bytes.set(field, begin);
      offset = begin + field.byteLength;
    }
    bytes.writeUInt32LE(offset - begin, begin - lengthSizeBytes);
  }
  return offset;
}

/** The fields again, or null when the bytes are not made of whole fields. */
export function splitLengthPrefixed(bytes: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    if (offset + lengthSizeBytes > bytes.byteLength) return null;
    const begin = offset + lengthSizeBytes;
    const end = begin + view.getUint32(offset, true);
    if (end > bytes.byteLength) return null;
    fields.push(bytes.subarray(begin, end));
    offset = end;
  }
  return fields;
}
