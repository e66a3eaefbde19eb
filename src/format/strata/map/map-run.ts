import type { BlockDamage } from '../../block-damage.ts';
import type { BlockIndex } from '../../../domain/identifiers.ts';
import type { BlockRef } from './record-ref.ts';

/** Neighbouring blocks that have no data. */
export interface UniformMapRun {
  readonly kind: 'absent' | 'zero';
  readonly first: BlockIndex;
  readonly blockCount: number;
}

/**
 * A run of neighbouring blocks as the map of a volume tells them, in ascending order and without
 * a gap: the input of `readVolume`.
 */
export type MapRun =
  | UniformMapRun
  /** `refs[n]` is block `first + n`. */
  | { readonly kind: 'data'; readonly first: BlockIndex; readonly refs: readonly BlockRef[] }
  /** A map node that cannot be read: what it covers is unknown. */
  | ({ readonly kind: 'damage' } & BlockDamage);
