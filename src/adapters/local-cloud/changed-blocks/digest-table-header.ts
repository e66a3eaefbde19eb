import { hash } from 'node:crypto';
import { blockCountOf, blockSizeBytes } from '../../../domain/block-size.ts';
import { pageBlocks } from './digest-page.ts';

/**
 * A digest table says for every block of a snapshot whether it is absent, or what its SHA-256 is.
 * It begins with 64 bytes (integers little-endian), and its pages follow in order, each as long as
 * it has present blocks; nothing comes after the last.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | magic `SLDT` |
 * | 4 | 1 | version 1 |
 * | 5 | 3 | zero |
 * | 8 | 4 | bytes of a block |
 * | 12 | 4 | blocks of a page |
 * | 16 | 8 | bytes of the volume |
 * | 24 | 8 | blocks of the volume |
 * | 32 | 32 | SHA-256 of the 32 bytes before |
 */
export const headerSizeBytes = 64;

const magic = 'SLDT';
const version = 1;
const checksumOffset = 32;

export function encodeTableHeader(sizeBytes: number): Buffer {
  const header = Buffer.alloc(headerSizeBytes);
  header.write(magic, 0, 'latin1');
  header.writeUInt8(version, 4);
  header.writeUInt32LE(blockSizeBytes, 8);
  header.writeUInt32LE(pageBlocks, 12);
  header.writeBigUInt64LE(BigInt(sizeBytes), 16);
  header.writeBigUInt64LE(BigInt(blockCountOf(sizeBytes)), 24);
  hash('sha256', header.subarray(0, checksumOffset), 'buffer').copy(header, checksumOffset);
  return header;
}

/** What is wrong with a header that should be for a volume of `sizeBytes`; null for nothing. */
export function tableHeaderFault(header: Buffer, sizeBytes: number): string | null {
  if (header.equals(encodeTableHeader(sizeBytes))) return null;
  if (header.toString('latin1', 0, 4) !== magic) return 'is not a digest table';
  const found = header.readUInt8(4);
  if (found !== version) {
    return `is a digest table of version ${found}, and this program knows ${version} only`;
  }
  return 'has a damaged header, or is the table of another volume';
}
