import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  emptyFrontier,
  rootOf,
  withLeaf,
} from '../../../src/engine/transparency-log/merkle-frontier.ts';
import {
  emptyRoot,
  leafHash,
  type MerkleHash,
} from '../../../src/engine/transparency-log/merkle-hash.ts';
import { isConsistent, isIncluded } from '../../../src/engine/transparency-log/merkle-proof.ts';
import { MerkleTree } from '../../../src/engine/transparency-log/merkle-tree.ts';

/** The eight leaves that implementations of RFC 6962 test with, and the roots over the first n. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function hex(hash: MerkleHash): string {
  return Buffer.from(hash).toString('hex');
}

function hashOf(leaf: string): MerkleHash {
  return leafHash(Buffer.from(leaf, 'hex'));
}

function treeOf(count: number): MerkleTree {
  const tree = new MerkleTree();
  for (let index = 0; index < count; index += 1) tree.append(leafHash(Buffer.from(`${index}`)));
  return tree;
}

/** The same hash with one bit turned. */
function bent(hash: MerkleHash): MerkleHash {
  return hash.map((byte, index) => (index === 7 ? byte ^ 1 : byte));
}

describe('the tree of RFC 6962', () => {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(hashOf(leaf));

  it('has the known roots, however it is kept', () => {
    assert.equal(hex(emptyRoot), roots[0]);
    let frontier = emptyFrontier;
    for (const [index, leaf] of leaves.entries()) {
      frontier = withLeaf(frontier, hashOf(leaf));
      assert.equal(hex(rootOf(frontier)), roots[index + 1]);
      assert.equal(hex(tree.root(index + 1)), roots[index + 1]);
    }
  });

  it('gives the known proofs of inclusion', () => {
    assert.deepEqual(tree.inclusionProof(0, 1).map(hex), []);
    assert.deepEqual(tree.inclusionProof(5, 8).map(hex), [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(tree.inclusionProof(2, 3).map(hex), [
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    assert.deepEqual(tree.inclusionProof(1, 5).map(hex), [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('gives the known proofs of consistency', () => {
    assert.deepEqual(tree.consistencyProof(1, 1).map(hex), []);
    assert.deepEqual(tree.consistencyProof(1, 8).map(hex), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(tree.consistencyProof(6, 8).map(hex), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(tree.consistencyProof(2, 5).map(hex), [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });
});

describe('a proof of inclusion', () => {
  it('holds for every leaf of every tree, and for nothing else', () => {
    const place = fc
      .integer({ min: 1, max: 70 })
      .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 })));
    fc.assert(
      fc.property(place, ([size, index]) => {
        const tree = treeOf(size);
        const leaf = leafHash(Buffer.from(`${index}`));
        const proof = tree.inclusionProof(index);
        const claim = { leaf, index, size, root: tree.root(), proof };
        assert.ok(isIncluded(claim));
        assert.ok(!isIncluded({ ...claim, leaf: bent(leaf) }));
        assert.ok(!isIncluded({ ...claim, root: bent(tree.root()) }));
        assert.ok(!isIncluded({ ...claim, index: index + 1 }));
        assert.ok(!isIncluded({ ...claim, proof: [...proof, leaf] }));
        if (proof.length === 0) return;
        assert.ok(!isIncluded({ ...claim, proof: proof.slice(1) }));
        assert.ok(!isIncluded({ ...claim, proof: proof.map(bent) }));
      }),
    );
  });
});

describe('a proof of consistency', () => {
  it('holds between any two sizes of one tree, and for nothing else', () => {
    const sizes = fc
      .integer({ min: 1, max: 70 })
      .chain((size) => fc.tuple(fc.integer({ min: 1, max: size }), fc.constant(size)));
    fc.assert(
      fc.property(sizes, ([from, size]) => {
        const tree = treeOf(size);
        const proof = tree.consistencyProof(from);
        const claim = { from, fromRoot: tree.root(from), size, root: tree.root(), proof };
        assert.ok(isConsistent(claim));
        assert.ok(!isConsistent({ ...claim, fromRoot: bent(claim.fromRoot) }));
        assert.ok(!isConsistent({ ...claim, root: bent(claim.root) }));
        assert.ok(!isConsistent({ ...claim, proof: [...proof, claim.root] }));
        if (proof.length > 0) assert.ok(!isConsistent({ ...claim, proof: proof.map(bent) }));
      }),
    );
  });
});
