import type { BlockIndex } from '../domain/identifiers.ts';

/** Something whose blocks can be read: a device of a worker, or a snapshot through an API. */
export interface BlockSource {
  readonly sizeBytes: number;
  /**
   * Blocks that have to be asked for at once for the source to be as fast as it can; default: few, as
   * for a disk of this machine.
   */
  readonly blocksAtOnceWanted?: number;
  /**
   * Reads `blockCount` neighbouring blocks from `first` on into `into` (whose length is exactly
   * theirs; the last block of a volume may be short). A source that has computed the SHA-256 of a
   * block, because it had to be verified, leaves it in the block's 32 bytes of `sha256s`; all others
   * stay as they are.
   *
   * Several reads may be under way at once, up to what the caller decides.
   *
   * @throws DISK_UNREADABLE, DISK_CHANGED (the source ended before its size).
   */
  read(
    first: BlockIndex,
    blockCount: number,
    into: Uint8Array,
    sha256s?: Uint8Array,
  ): Promise<void>;
  close(): Promise<void>;
}
