import type { BlockIndex } from './identifiers.ts';

/**
 * The unit of reading and storing: 512 KiB, because the EBS direct APIs list and read blocks of
 * exactly this size.
 */
export const blockSizeBytes = 512 * 1024;

/** How many blocks a volume of `sizeBytes` has; the last one may be short. */
export function blockCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockSizeBytes);
}

/** The length in bytes of one block: 512 KiB, or what is left for the last one. */
export function blockLengthBytes(sizeBytes: number, index: BlockIndex): number {
  return Math.min(blockSizeBytes, sizeBytes - index * blockSizeBytes);
}
