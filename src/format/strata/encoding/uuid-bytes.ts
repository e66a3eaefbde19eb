import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';

/** Length of a UUID in every strata structure. */
export const uuidSizeBytes = 16;

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The 16 bytes of a UUID in its canonical form (lower case, with hyphens).
 *
 * @throws INVALID_ARGUMENT for any other text.
 */
export function uuidToBytes(uuid: string): Uint8Array {
  if (!isUuid(uuid)) {
    throw new SnapledgerError('INVALID_ARGUMENT', `"${uuid}" is not a UUID in lower case`, {
      remedy: 'Pass the id as the engine gave it, for example in a session or point listing.',
    });
  }
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

/** Whether the text is a UUID in the one form that strata uses in object keys. */
export function isUuid(text: string): boolean {
  return canonicalUuid.test(text);
}

/** The canonical text of the 16 bytes at `offset`. */
export function uuidFromBytes(bytes: Uint8Array, offset = 0): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + offset, uuidSizeBytes).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
