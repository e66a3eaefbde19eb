import { hash } from 'node:crypto';

/** A node of the tree: 32 bytes of SHA-256. */
export type MerkleHash = Uint8Array;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** The root of a tree without leaves (RFC 6962, section 2.1). */
export const emptyRoot: MerkleHash = sha256(new Uint8Array());

/** SHA-256(0x00 || leaf): a leaf can never pass for a node (RFC 6962, section 2.1). */
export function leafHash(leaf: Uint8Array): MerkleHash {
  return sha256(Buffer.concat([leafPrefix, leaf]));
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: MerkleHash, right: MerkleHash): MerkleHash {
  return sha256(Buffer.concat([nodePrefix, left, right]));
}

export function sameHash(one: MerkleHash, other: MerkleHash): boolean {
  return Buffer.compare(one, other) === 0;
}

function sha256(bytes: Uint8Array): MerkleHash {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
