import { objectStoreLimits } from '../../../ports/object-store.ts';

/** What bounds a transfer: its memory is two parts, and the blocks that are at work. */
export const transferLimits = {
  /** A part is stored before it grows beyond this, and one more is stored meanwhile. */
  partTargetBytes: 32 * 1024 * 1024,
  /** A segment covers at most so many planned blocks, so that progress shows and objects stay small. */
  segmentBlocksMax: 8192,
  /** Blocks read at once where they are neighbours: 2 MiB. */
  blocksPerRead: 4,
  /** Reads of which blocks are compressed and digested at once. */
  readsAtOnceMax: 3,
} as const;

if (transferLimits.partTargetBytes > objectStoreLimits.objectMaxBytes) {
  throw new RangeError('partTargetBytes is more than an object store takes');
}
