import type { BlockIndex } from '../domain/identifiers.ts';
import type { ByteRange } from '../ports/object-store.ts';

/** A damaged piece of a point, named so that a person can find it. */
export interface BlockDamage {
  readonly objectKey: string;
  readonly range: ByteRange | null;
  /**
   * First damaged block and how many in a row: one for a data record, more for a map node, 0 for
   * what no block needs to be read.
   */
  readonly firstBlock: BlockIndex;
  readonly blockCount: number;
  readonly reason: string;
}
