import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { DamagedBlocks } from '../../restore-point.ts';
import type { MapRun } from '../map/map-run.ts';
import type { BlockRef } from '../map/record-ref.ts';
import { decodeLimits } from './decode-limits.ts';

/** A run without data, or damage, that needs no fetching and goes straight to the reader. */
export type PlainItem =
  | {
      readonly kind: 'absent' | 'zero';
      readonly first: BlockIndex;
      readonly blockCount: number;
    }
  | DamagedBlocks;

export interface BlockItem {
  readonly kind: 'block';
  readonly index: BlockIndex;
  readonly ref: BlockRef;
}

/** A part of a volume, in order, whose records are fetched together. */
export type VolumeSection = readonly (PlainItem | BlockItem)[];

/** Cuts the runs of a map into sections of bounded size. */
export async function* volumeSections(runs: AsyncIterable<MapRun>): AsyncGenerator<VolumeSection> {
  let section: (PlainItem | BlockItem)[] = [];
  let blocks = 0;
  const isFull = (): boolean =>
    blocks === decodeLimits.sectionBlocksMax || section.length >= decodeLimits.sectionItemsMax;
  const take = (): VolumeSection => {
    const taken = section;
    section = [];
    blocks = 0;
    return taken;
  };
  for await (const run of runs) {
    if (run.kind !== 'data') {
      section.push(run);
      if (isFull()) yield take();
      continue;
    }
    for (const [position, ref] of run.refs.entries()) {
      section.push({ kind: 'block', index: (run.first + position) as BlockIndex, ref });
      blocks += 1;
      if (isFull()) yield take();
    }
  }
  if (section.length > 0) yield take();
}
