import { assert } from '../../domain/errors/assert.ts';
import { emptyRoot, type MerkleHash, nodeHash } from './merkle-hash.ts';

/**
 * All hashes of a tree, for proofs about many of its leaves. Keeps some 64 bytes for each leaf in
 * memory; a {@link MerkleFrontier} is enough where the tree only grows.
 */
export class MerkleTree {
  /** The roots of all perfect subtrees with 2^level leaves. */
  readonly #levels: MerkleHash[][] = [[]];

  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  append(leaf: MerkleHash): void {
    let added = leaf;
    for (let level = 0; ; level += 1) {
      const row = (this.#levels[level] ??= []);
      row.push(added);
      if (row.length % 2 === 1) return;
      added = nodeHash(this.#node(level, row.length - 2), added);
    }
  }

  /** The root that the tree had when it had `size` leaves. */
  root(size: number = this.size): MerkleHash {
    return size === 0 ? emptyRoot : this.#subtree(0, this.#checkedSize(size));
  }

  /** The audit path of a leaf in the tree of `size` leaves (RFC 6962, section 2.1.1). */
  inclusionProof(index: number, size: number = this.size): readonly MerkleHash[] {
    assert(index >= 0 && index < this.#checkedSize(size), 'a proof is about a leaf of the tree');
    return this.#path(index, 0, size);
  }

  /** That the tree of `from` leaves is the beginning of that of `size` (RFC 6962, section 2.1.2). */
  consistencyProof(from: number, size: number = this.size): readonly MerkleHash[] {
    assert(from > 0 && from <= this.#checkedSize(size), 'a tree begins with a smaller one');
    return this.#subproof(from, 0, size, 'whole');
  }

  #path(index: number, begin: number, end: number): readonly MerkleHash[] {
    if (end - begin === 1) return [];
    const middle = begin + splitOf(end - begin);
    return index < middle
      ? [...this.#path(index, begin, middle), this.#subtree(middle, end)]
      : [...this.#path(index, middle, end), this.#subtree(begin, middle)];
  }

  #subproof(
    from: number,
    begin: number,
    end: number,
    coverage: 'whole' | 'part',
  ): readonly MerkleHash[] {
    if (from === end) return coverage === 'whole' ? [] : [this.#subtree(begin, end)];
    const middle = begin + splitOf(end - begin);
    return from <= middle
      ? [...this.#subproof(from, begin, middle, coverage), this.#subtree(middle, end)]
      : [...this.#subproof(from, middle, end, 'part'), this.#subtree(begin, middle)];
  }

  /** The root over the leaves from `begin` to `end`, where `begin` is a place where a split falls. */
  #subtree(begin: number, end: number): MerkleHash {
    const count = end - begin;
    const level = Math.log2(count);
    if (Number.isInteger(level)) return this.#node(level, begin / count);
    const middle = begin + splitOf(count);
    return nodeHash(this.#subtree(begin, middle), this.#subtree(middle, end));
  }

  #node(level: number, index: number): MerkleHash {
    const node = this.#levels[level]?.[index];
    assert(node !== undefined, 'a perfect subtree of the tree is kept');
    return node;
  }

  #checkedSize(size: number): number {
    assert(size >= 0 && size <= this.size, 'a proof is about a tree that there was');
    return size;
  }
}

/** The largest power of two smaller than `count`. */
function splitOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
