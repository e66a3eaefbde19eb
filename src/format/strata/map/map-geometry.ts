/** Entries of a map node. Small, so that a scattered change rewrites little. */
export const mapFanout = 64;
/** Blocks are numbered in 32 bits: volumes of up to 2 PiB. */
export const mapBlockCountMax = 2 ** 32;

/**
 * The shape of a map. Level 0 nodes (leaves) have blocks as entries, nodes of level n have nodes
 * of level n - 1. The node at `position` of a level covers `nodeSpan(level)` blocks from
 * `position * nodeSpan(level)` on; its entries are those that begin within the volume.
 */

/** How many blocks one entry of a node of this level stands for. */
export function entrySpan(level: number): number {
  return mapFanout ** level;
}

/** How many blocks a node of this level covers in a volume that is large enough. */
export function nodeSpan(level: number): number {
  return mapFanout ** (level + 1);
}

/** The level of the one node that covers the whole volume. */
export function rootLevelOf(blockCount: number): number {
  let level = 0;
  while (nodeSpan(level) < blockCount) level += 1;
  return level;
}

/** How many entries the node has: 64, or fewer at the end of the volume. */
export function entryCountOf(level: number, position: number, blockCount: number): number {
  const blocksFromHere = blockCount - position * nodeSpan(level);
  return Math.max(0, Math.min(mapFanout, Math.ceil(blocksFromHere / entrySpan(level))));
}
