import type { PointId, VolumeId } from '../../../domain/identifiers.ts';
import type { BlockState } from '../../restore-point.ts';
import type { ImagePart } from './image-description.ts';
import { type IndexContext, IndexCursor, type IndexedImage } from './index-cursor.ts';
import type { StoredRecord } from './index-entry.ts';

/** An image of a chain: the first is that of the point, each is backed by the next. */
export interface ChainImage extends IndexedImage {
  readonly pointId: PointId;
  readonly volumeId: VolumeId;
  /** As many blocks of it count: what is beyond the end of an image above it is not seen. */
  readonly blockCount: number;
}

/** Neighbouring blocks as a chain of images has them. */
export type ChainRun =
  | {
      readonly first: number;
      readonly count: number;
      readonly state: Exclude<BlockState, 'data'>;
      readonly record: null;
      /** Which of them says so; null: none has anything there. */
      readonly image: ChainImage | null;
    }
  | {
      readonly first: number;
      readonly count: 1;
      readonly state: 'data';
      readonly record: StoredRecord;
      readonly part: ImagePart;
      /** Whose record it is. */
      readonly image: ChainImage;
    };

/**
 * What the blocks from `first` to before `end` are, ascending and without a gap. Holds a page of
 * each image's index.
 *
 * @throws OBJECT_CORRUPT
 */
export async function* readChain(
  context: IndexContext,
  chain: readonly ChainImage[],
  first: number,
  end: number,
): AsyncGenerator<ChainRun, void> {
  const levels = chain.map((image) => {
    const cursor = new IndexCursor(context, image, first, Math.min(image.blockCount, end));
    return { image, cursor };
  });
  let at = first;
  while (at < end) {
    let until = end;
    let found: (typeof levels)[number] | null = null;
    for (const level of levels) {
      const { cursor } = level;
      // Most have nothing to pass, and need not be waited for.
      if (cursor.isBefore(at)) await cursor.passTo(at);
      const { nextFirst, current } = cursor;
      if (nextFirst === null) continue;
      if (nextFirst > at || current === null) {
        until = Math.min(until, nextFirst);
        continue;
      }
      until = Math.min(until, current.first + current.count);
      found = level;
      break;
    }
    yield runAt(at, until, found);
    at = until;
  }
}

function runAt(
  first: number,
  until: number,
  found: { readonly image: ChainImage; readonly cursor: IndexCursor } | null,
): ChainRun {
  const entry = found?.cursor.current ?? null;
  if (found === null || entry === null) {
    return { first, count: until - first, state: 'absent', record: null, image: null };
  }
  const { image } = found;
  if (entry.state !== 'data') {
    const state = entry.state === 'zero' ? 'zero' : 'absent';
    return { first, count: until - first, state, record: null, image };
  }
  const { record } = entry;
  const part = image.description.parts[record.part];
  if (part === undefined) throw new RangeError(`there is no part ${record.part}`);
  return { first, count: 1, state: 'data', record, part, image };
}
