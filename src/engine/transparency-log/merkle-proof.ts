import { type MerkleHash, nodeHash, sameHash } from './merkle-hash.ts';

/** No tree that can be is deeper. */
const proofLengthMax = 64;

/**
 * Whether `proof` shows that the leaf stands at `index` of the tree with this size and root
 * (RFC 9162, section 2.1.3.2).
 */
export function isIncluded(claim: {
  readonly leaf: MerkleHash;
  readonly index: number;
  readonly size: number;
  readonly root: MerkleHash;
  readonly proof: readonly MerkleHash[];
}): boolean {
  const { index, size, proof } = claim;
  if (index < 0 || index >= size || proof.length > proofLengthMax) return false;
  let node = index;
  let last = size - 1;
  let hash = claim.leaf;
  for (const other of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(other, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameHash(hash, claim.root);
}

/**
 * Whether `proof` shows that the tree of `from` leaves and root `fromRoot` is the beginning of the
 * other one (RFC 9162, section 2.1.4.2).
 */
export function isConsistent(claim: {
  readonly from: number;
  readonly fromRoot: MerkleHash;
  readonly size: number;
  readonly root: MerkleHash;
  readonly proof: readonly MerkleHash[];
}): boolean {
  const { from, fromRoot, size, root } = claim;
  if (from < 1 || from > size || claim.proof.length > proofLengthMax) return false;
  if (from === size) return claim.proof.length === 0 && sameHash(fromRoot, root);
  // A perfect tree is a node of the larger one; the proof leaves it out.
  const proof = Number.isInteger(Math.log2(from)) ? [fromRoot, ...claim.proof] : claim.proof;
  let [node, last] = [from - 1, size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  const [first, ...rest] = proof;
  if (first === undefined) return false;
  let [fromHash, hash] = [first, first];
  for (const other of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      fromHash = nodeHash(other, fromHash);
      hash = nodeHash(other, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = nodeHash(hash, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && sameHash(fromHash, fromRoot) && sameHash(hash, root);
}

function half(value: number): number {
  return Math.floor(value / 2);
}
