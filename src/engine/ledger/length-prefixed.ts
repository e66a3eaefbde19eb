/** A field of a structure that is hashed or signed; texts become UTF-8. */
export type Field = string | Uint8Array;

const lengthSizeBytes = 4;

/**
 * The fields one after the other, each preceded by its length in bytes (unsigned, 32 bits,
 * little-endian), so that no two lists of fields have the same bytes.
 */
export function lengthPrefixed(fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    const length = Buffer.alloc(lengthSizeBytes);
    length.writeUInt32LE(bytes.byteLength);
    return [length, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
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
