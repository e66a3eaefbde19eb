import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SessionId } from '../../../../src/domain/identifiers.ts';
import type { MapEntry } from '../../../../src/format/strata/map/map-node.ts';
import { packRefOf, type RecordRef } from '../../../../src/format/strata/map/record-ref.ts';
import { MapRewriter } from '../../../../src/format/strata/relocate/map-rewriter.ts';

const sessionId = '11111111-1111-4111-8111-111111111111' as SessionId;
const lengthBytes = 100;

/** The record number `n` of a pack; another object each time, as reading a node anew gives. */
function record(pack: number, n: number): RecordRef {
  return {
    pack: packRefOf({ sessionId, writer: pack, number: 0 }),
    offset: 40 + n * lengthBytes,
    lengthBytes,
    id: new Uint8Array(32).fill(n),
  };
}

function leafIn(pack: number): () => readonly MapEntry[] {
  return () => Array.from({ length: 64 }, (_, n) => record(pack, n));
}

/** Two points of 128 blocks: each has a first leaf of its own, and both share the second one. */
const blockCount = 128;
const nodes = new Map<string, () => readonly MapEntry[]>([
  [nameOf(record(1, 0)), () => [record(3, 0), record(3, 1)]],
  [nameOf(record(2, 0)), () => [record(4, 0), record(3, 1)]],
  [nameOf(record(3, 0)), leafIn(10)],
  [nameOf(record(3, 1)), leafIn(11)],
  [nameOf(record(4, 0)), leafIn(12)],
]);

function nameOf({ pack, offset }: RecordRef): string {
  return `${pack.key}@${offset}`;
}

function rewriterOf(mustMove: (ref: RecordRef) => boolean): {
  readonly rewriter: MapRewriter;
  readonly written: () => number;
} {
  let written = 0;
  const rewriter = new MapRewriter({
    reader: {
      read: (ref, { level, position }) => {
        const entries = nodes.get(nameOf(ref));
        assert.ok(entries !== undefined, 'a node that is there');
        return Promise.resolve({ level, position, entries: entries() });
      },
    },
    nodes: {
      write: () => {
        written += 1;
        return Promise.resolve(record(99, written));
      },
    },
    nodeIdKey: new Uint8Array(32),
    mustMove,
  });
  return { rewriter, written: () => written };
}

const rootOf = (pack: number): { readonly blockCount: number; readonly entry: RecordRef } => {
  return { blockCount, entry: record(pack, 0) };
};

describe('rewriting maps', () => {
  it('gives the same root, and writes nothing, when nothing has to move', async () => {
    const { rewriter, written } = rewriterOf(() => false);
    for (const root of [rootOf(1), rootOf(2), rootOf(1)]) {
      const result = await rewriter.rewrite(root, () => assert.fail('nothing is moved'));
      assert.equal(result, root);
    }
    assert.equal(written(), 0);
  });

  it('takes a node of another id in the same place for another one', async () => {
    const { rewriter } = rewriterOf(() => false);
    await rewriter.rewrite(rootOf(1), () => assert.fail('nothing is moved'));
    const entry = { ...record(1, 0), id: new Uint8Array(32).fill(200) };
    const result = await rewriter.rewrite({ blockCount, entry }, () =>
      assert.fail('nothing is moved'),
    );
    assert.deepEqual(result, { blockCount, entry });
  });

  it('writes what two maps share once', async () => {
    const { rewriter, written } = rewriterOf(({ pack }) => pack.key === record(11, 0).pack.key);
    let moves = 0;
    const move: Parameters<MapRewriter['rewrite']>[1] = (blocks) => {
      moves += blocks.length;
      return Promise.resolve(new Map(blocks.map(({ ref }, n) => [ref, record(50, n)])));
    };
    await rewriter.rewrite(rootOf(1), move);
    await rewriter.rewrite(rootOf(2), move);
    assert.equal(moves, 64, 'each block is asked for once');
    assert.equal(written(), 3, 'the shared leaf, and two roots');
  });

  it('leaves a block whose content cannot be had, and does not ask for it again', async () => {
    const { rewriter, written } = rewriterOf(({ pack }) => pack.key === record(11, 0).pack.key);
    let moves = 0;
    for (const pack of [1, 2]) {
      const root = rootOf(pack);
      const result = await rewriter.rewrite(root, (blocks) => {
        moves += blocks.length;
        return Promise.resolve(new Map());
      });
      assert.equal(result, root);
    }
    assert.equal(moves, 64);
    assert.equal(written(), 0);
  });
});
