import { blockSizeBytes } from '../../../domain/block-size.ts';
import { objectStoreLimits } from '../../../ports/object-store.ts';

/**
 * What bounds a transfer. Its memory is `slotsMax` slots at most, `packBuffersMax` packs, two plan
 * objects and the tables of ids: nothing grows with the volume.
 */
export const transferLimits = {
  /** More threads than this wait for the main thread's copying and for the network. */
  threadsMax: 16,
  /** Started before there is a job: all that an increment needs, and no harm to a large machine. */
  threadsAhead: 2,
  /** Blocks that one message hands to a thread: enough to make the message's cost vanish. */
  blocksPerBatch: 2,
  /** Batches in flight for each thread: one being read, one waiting, one encoded, one to spare. */
  slotsPerThread: 4,
  /** Batches in flight in all, for a source that wants many; 2.1 MiB each. */
  slotsMax: 80,
  /** Jobs that a thread has been given: one to work on, and the next so that it never waits. */
  jobsPerThread: 2,

  /**
   * A pack is uploaded before it grows beyond this. Larger packs cost fewer requests (at 16 MiB
   * $0.33 for a TiB on S3), and memory.
   */
  packTargetBytes: 16 * 1024 * 1024,
  /** Packs being uploaded while the next one fills; each costs the memory of a pack. */
  packUploadsMax: 2,
  /** Those being uploaded and the one that fills. */
  packBuffersMax: 3,
  /** New names tried for a pack whose name is taken; a name is 32 random bits. */
  packNamesTriedMax: 4,

  /** A segment covers at most so many planned blocks, so that progress shows and objects stay small. */
  segmentBlocksMax: 8192,
  /** While nothing new is found, a segment is posted this often. */
  segmentIdleMs: 1000,
  /** A pack is uploaded after this time although it is not full, so that its blocks are not lost. */
  packOpenMs: 5000,
  /** Segments that wait for their pack or for being posted. */
  segmentsWaitingMax: 8,

  /**
   * Ids remembered for deduplication: two generations of so many places (44 bytes each), of which
   * the older is forgotten when the newer is three quarters full.
   */
  rememberedIdsMax: 128 * 1024,
} as const;

if (transferLimits.packTargetBytes > objectStoreLimits.objectMaxBytes) {
  throw new RangeError('packTargetBytes is more than an object store takes');
}
if (transferLimits.packTargetBytes < 2 * blockSizeBytes) {
  throw new RangeError('packTargetBytes must hold at least one block');
}
