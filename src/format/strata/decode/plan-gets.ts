import type { ByteRange, ObjectKey } from '../../../ports/object-store.ts';
import { decodeLimits } from './decode-limits.ts';
import type { BlockItem } from './volume-section.ts';

/** One ranged get, and the blocks whose records it brings, ascending by their place. */
export interface PlannedGet {
  readonly key: ObjectKey;
  readonly range: ByteRange;
  readonly blocks: readonly BlockItem[];
}

/** Which ranged gets bring the records of these blocks: few, but none larger than the limit. */
export function planGets(blocks: readonly BlockItem[]): readonly PlannedGet[] {
  const byPack = Map.groupBy(blocks, (block) => block.ref.pack.key);
  return [...byPack].flatMap(([key, ofPack]) => planGetsOfPack(key, ofPack));
}

function planGetsOfPack(key: ObjectKey, blocks: readonly BlockItem[]): readonly PlannedGet[] {
  const gets: PlannedGet[] = [];
  let current: BlockItem[] = [];
  let begin = 0;
  let end = 0;
  const finish = (): void => {
    if (current.length === 0) return;
    gets.push({ key, range: { offset: begin, lengthBytes: end - begin }, blocks: current });
    current = [];
  };
  for (const block of blocks.toSorted((a, b) => a.ref.offset - b.ref.offset)) {
    const { offset, lengthBytes } = block.ref;
    const endAfter = Math.max(end, offset + lengthBytes);
    const joins =
      current.length > 0 &&
      offset - end <= decodeLimits.getGapMaxBytes &&
      endAfter - begin <= decodeLimits.getMaxBytes;
    if (!joins) {
      finish();
      begin = offset;
      end = offset;
    }
    current.push(block);
    end = Math.max(end, offset + lengthBytes);
  }
  finish();
  return gets;
}
