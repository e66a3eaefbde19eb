import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/**
 * How objects are framed that are read before any key is there: magic, version, zero, content, HMAC,
 * and the SHA-256 of all before, by which damage is told from a wrong key. docs/strata.md, "Header".
 */
export const frameMagicSizeBytes = 6;
const prefixSizeBytes = 8;
const macSizeBytes = 32;
const digestSizeBytes = 32;
export const frameOverheadBytes = prefixSizeBytes + macSizeBytes + digestSizeBytes;
/** The most bytes that such an object has. */
export const frameMaxSizeBytes = 64 * 1024;

/** `magic` has six ASCII characters. */
export function encodeFrame(
  magic: string,
  version: number,
  content: Uint8Array,
  macKey: Uint8Array,
): Uint8Array {
  const prefix = Buffer.alloc(prefixSizeBytes);
  prefix.write(magic, 'ascii');
  prefix.writeUInt8(version, frameMagicSizeBytes);
  const mac = createHmac('sha256', macKey).update(prefix).update(content).digest();
  const authenticated = Buffer.concat([prefix, content, mac]);
  return Buffer.concat([authenticated, hash('sha256', authenticated, 'buffer')]);
}

/** Whether the SHA-256 at the end is that of the bytes before it. At least as long as a digest. */
export function hasFrameDigest(bytes: Uint8Array): boolean {
  const digestOffset = bytes.length - digestSizeBytes;
  const digest = hash('sha256', bytes.subarray(0, digestOffset), 'buffer');
  return timingSafeEqual(digest, bytes.subarray(digestOffset));
}

export function frameVersionOf(bytes: Uint8Array): number {
  return bytes[frameMagicSizeBytes] ?? 0;
}

export function frameContentOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(prefixSizeBytes, bytes.length - macSizeBytes - digestSizeBytes);
}

/** Whether who made the frame had the key. */
export function isFrameAuthentic(bytes: Uint8Array, macKey: Uint8Array): boolean {
  const macOffset = bytes.length - macSizeBytes - digestSizeBytes;
  const mac = createHmac('sha256', macKey).update(bytes.subarray(0, macOffset)).digest();
  return timingSafeEqual(mac, bytes.subarray(macOffset, macOffset + macSizeBytes));
}
