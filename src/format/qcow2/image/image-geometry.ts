import { blockSizeBytes } from '../../../domain/block-size.ts';

/**
 * A cluster is a block. Smaller ones would need several records for each block that changes, and
 * compress worse; an L2 table, which has a cluster, then covers 32 GiB.
 */
export const clusterBits = 19;
export const clusterBytes = blockSizeBytes;
export const sectorBytes = 512;
/** Entries of 8 bytes in a table of one cluster. */
export const entriesPerTable = clusterBytes / 8;
/** Refcounts have 16 bits. */
export const refcountsPerBlock = clusterBytes / 2;

export function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
