import type { RecordRef } from './record-ref.ts';

/**
 * One entry of a map node: of a leaf, what a block is; of an inner node, what a whole subtree is
 * (a subtree that is all absent or all zero has no nodes). Absent and zero are different facts.
 */
export type MapEntry = 'absent' | 'zero' | RecordRef;

/** A node of the block map. Its place is part of it, so that no node can stand in for another. */
export interface MapNode {
  readonly level: number;
  /** Index of the node within its level. */
  readonly position: number;
  readonly entries: readonly MapEntry[];
}

/** The whole map of one volume. */
export interface MapRoot {
  readonly blockCount: number;
  /** Refers to the node that covers the volume. */
  readonly entry: MapEntry;
}

/** Whether both lead to the same record, or say the same of all blocks. */
export function isSameEntry(one: MapEntry, other: MapEntry): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return (
    one.pack.key === other.pack.key &&
    one.offset === other.offset &&
    one.lengthBytes === other.lengthBytes &&
    Buffer.compare(one.id, other.id) === 0
  );
}

/** The one entry that says the same as all of `entries`, or null when only a node can. */
export function uniformEntry(entries: readonly MapEntry[]): 'absent' | 'zero' | null {
  const [first] = entries;
  if (first !== 'absent' && first !== 'zero') return null;
  return entries.every((entry) => entry === first) ? first : null;
}
