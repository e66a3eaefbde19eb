const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The 16 bytes of a UUID in its canonical form, or null for any other text. */
export function bytesOfUuid(uuid: string): Uint8Array | null {
  if (!canonicalUuid.test(uuid)) return null;
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

/** @param bytes 16 of them */
export function uuidOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
