import { hash } from 'node:crypto';

/** Blocks of one page: 2 GiB of disk. Also the most that one page of a listing may hold. */
export const pageBlocks = 4_096;
export const digestSizeBytes = 32;

/**
 * What is known of up to 4,096 neighbouring blocks. A block is *absent* until it was seen with
 * content other than zeros in its volume's lineage, and *present* from then on, zero or not.
 */
export interface DigestPage {
  readonly firstBlock: number;
  readonly blockCount: number;
  /** One byte for each block of the page: 1 present, 0 absent. */
  readonly present: Uint8Array;
  /** 32 bytes for each block of the page: SHA-256 of a present block, undefined for an absent. */
  readonly digests: Uint8Array;
}

/** A page on disk: u32 page number, u32 count of present blocks, then the bitmap. */
export const pageHeadSizeBytes = 8 + pageBlocks / 8;
export const checksumSizeBytes = 32;

/** How many pages a table of `blockCount` blocks has. */
export function pageCountOf(blockCount: number): number {
  return Math.ceil(blockCount / pageBlocks);
}

export function isPresent(page: DigestPage, position: number): boolean {
  return page.present[position] === 1;
}

/** The digest of the block at `position` of the page; a view, valid as long as the page is. */
export function digestAt(page: DigestPage, position: number): Uint8Array {
  return page.digests.subarray(position * digestSizeBytes, (position + 1) * digestSizeBytes);
}

/** Whether both pages have the same digest at a position. Of one call for each block of a disk, so without views. */
export function isSameDigest(before: DigestPage, after: DigestPage, position: number): boolean {
  const start = position * digestSizeBytes;
  for (let at = start; at < start + digestSizeBytes; at += 1) {
    if (before.digests[at] !== after.digests[at]) return false;
  }
  return true;
}

/** The page as it is stored: head, the digests of the present blocks, SHA-256 of it all. */
export function encodeDigestPage(page: DigestPage): Uint8Array {
  const count = page.present.subarray(0, page.blockCount).reduce((sum, one) => sum + one, 0);
  const body = Buffer.alloc(pageHeadSizeBytes + count * digestSizeBytes);
  body.writeUInt32LE(page.firstBlock / pageBlocks, 0);
  body.writeUInt32LE(count, 4);
  let end = pageHeadSizeBytes;
  for (let position = 0; position < page.blockCount; position += 1) {
    if (!isPresent(page, position)) continue;
    const bitmapByte = 8 + (position >> 3);
    body.writeUInt8(body.readUInt8(bitmapByte) | (1 << (position & 7)), bitmapByte);
    body.set(digestAt(page, position), end);
    end += digestSizeBytes;
  }
  return Buffer.concat([body, checksumOf(body)]);
}

/** How many bytes follow a page's head, its checksum included; null when the head is damaged. */
export function pageRestSizeBytes(head: Buffer): number | null {
  const count = head.readUInt32LE(4);
  return count > pageBlocks ? null : count * digestSizeBytes + checksumSizeBytes;
}

/** The inverse of `encodeDigestPage`; null when the bytes are not this page, undamaged. */
export function decodeDigestPage(
  bytes: Buffer,
  expected: { readonly firstBlock: number; readonly blockCount: number },
): DigestPage | null {
  const body = bytes.subarray(0, bytes.length - checksumSizeBytes);
  if (!checksumOf(body).equals(bytes.subarray(body.length))) return null;
  if (body.readUInt32LE(0) * pageBlocks !== expected.firstBlock) return null;
  const present = new Uint8Array(pageBlocks);
  const digests = new Uint8Array(pageBlocks * digestSizeBytes);
  let end = pageHeadSizeBytes;
  for (let position = 0; position < pageBlocks; position += 1) {
    if ((body.readUInt8(8 + (position >> 3)) & (1 << (position & 7))) === 0) continue;
    if (position >= expected.blockCount || end + digestSizeBytes > body.length) return null;
    present[position] = 1;
    digests.set(body.subarray(end, end + digestSizeBytes), position * digestSizeBytes);
    end += digestSizeBytes;
  }
  return end === body.length ? { ...expected, present, digests } : null;
}

function checksumOf(body: Uint8Array): Buffer {
  return hash('sha256', body, 'buffer');
}
