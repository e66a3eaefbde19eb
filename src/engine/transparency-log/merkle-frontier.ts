import { assert } from '../../domain/errors/assert.ts';
import { emptyRoot, type MerkleHash, nodeHash, sameHash } from './merkle-hash.ts';

/**
 * What has to be known of a tree to let it grow: its size, and the roots of the perfect subtrees
 * that it is made of, the largest first; one for each bit that is set in the size.
 */
export interface MerkleFrontier {
  readonly size: number;
  readonly subtrees: readonly MerkleHash[];
}

export const emptyFrontier: MerkleFrontier = { size: 0, subtrees: [] };

/** The frontier after one more leaf. */
export function withLeaf({ size, subtrees }: MerkleFrontier, leaf: MerkleHash): MerkleFrontier {
  const grown = [...subtrees];
  let merged = leaf;
  for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    const left = grown.pop();
    assert(left !== undefined, 'a frontier has a subtree for each bit of its size');
    merged = nodeHash(left, merged);
  }
  grown.push(merged);
  return { size: size + 1, subtrees: grown };
}

/** The root of the tree (RFC 6962, section 2.1). */
export function rootOf({ subtrees }: MerkleFrontier): MerkleHash {
  const [last, ...before] = subtrees.toReversed();
  return last === undefined ? emptyRoot : before.reduce((root, left) => nodeHash(left, root), last);
}

export function sameFrontier(one: MerkleFrontier, other: MerkleFrontier): boolean {
  return (
    one.size === other.size &&
    one.subtrees.length === other.subtrees.length &&
    one.subtrees.every((subtree, at) => sameHash(subtree, other.subtrees[at] ?? emptyRoot))
  );
}

/** How many subtrees a tree of this size is made of. */
export function subtreeCountOf(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
