/**
 * What bounds the reading of a volume, whatever its size. Its memory: a slot of `blocksPerBatch` blocks
 * for each batch in flight, and the records of the sections that are ahead or not decoded to their end,
 * which are `sectionsAhead` and those that the batches in flight are of. On two processors 8 slots of
 * 4 MiB and 6 or 7 sections of 6 MiB (16 MiB if nothing can be compressed); at `slotsMax` 128 MiB and
 * 12 sections.
 */
export const decodeLimits = {
  threadsMax: 16,
  /** Neighbouring blocks that one message hands to a thread, and one write takes: 4 MiB of content. */
  blocksPerBatch: 8,
  /** Batches in flight for each thread. */
  slotsPerThread: 2,
  /** Batches more for each thread when there is a consumer: on their way to a disk, say. */
  consumedPerThread: 2,
  /** Batches in flight, however many threads there are: 128 MiB of content. */
  slotsMax: 32,
  /** Jobs that a thread has been given: one to work on, and the next so that it never waits. */
  jobsPerThread: 2,

  /** Data blocks whose records are fetched together: at most 16 MiB of records. */
  sectionBlocksMax: 32,
  /** Pieces of a section besides: runs without data, and damage of the map. */
  sectionItemsMax: 128,
  /** Sections being fetched, or waiting to be decoded. */
  sectionsAhead: 4,
  /** One ranged get: large enough to be worth its round trip, small enough to run in parallel. */
  getMaxBytes: 4 * 1024 * 1024,
  /** Bytes nobody asked for that a ranged get may carry between two records, to save a get. */
  getGapMaxBytes: 128 * 1024,
} as const;
