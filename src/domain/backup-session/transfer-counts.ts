/** What happened to the blocks that were read, in numbers of blocks (and bytes, where it says so). */
export interface TransferCounts {
  readonly blocksRead: number;
  /** Equal to what the parent has at the same place. */
  readonly blocksUnchanged: number;
  /** All zero: a fact of the map, without data. */
  readonly blocksZero: number;
  /** Stored already, elsewhere in this session or in the parent. */
  readonly blocksDeduplicated: number;
  readonly blocksStored: number;
  readonly bytesRead: number;
  /** Bytes of the records written, headers included. */
  readonly bytesStored: number;
}

export const noCounts: TransferCounts = {
  blocksRead: 0,
  blocksUnchanged: 0,
  blocksZero: 0,
  blocksDeduplicated: 0,
  blocksStored: 0,
  bytesRead: 0,
  bytesStored: 0,
};

export function addCounts(a: TransferCounts, b: TransferCounts): TransferCounts {
  return {
    blocksRead: a.blocksRead + b.blocksRead,
    blocksUnchanged: a.blocksUnchanged + b.blocksUnchanged,
    blocksZero: a.blocksZero + b.blocksZero,
    blocksDeduplicated: a.blocksDeduplicated + b.blocksDeduplicated,
    blocksStored: a.blocksStored + b.blocksStored,
    bytesRead: a.bytesRead + b.bytesRead,
    bytesStored: a.bytesStored + b.bytesStored,
  };
}
