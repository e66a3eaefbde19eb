import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keepKnown } from '../../../src/domain/shape/keep-known.ts';
import {
  choice,
  integer,
  integerChoice,
  list,
  map,
  named,
  nullable,
  object,
  type Shape,
  text,
  variants,
} from '../../../src/domain/shape/shape.ts';

type Tree = { readonly kind: 'leaf' } | { readonly kind: 'fork'; readonly of: readonly Tree[] };

const point = object<{ readonly x: number }>({ x: integer(0, 9) });
const tree: Shape<Tree> = named('tree', () =>
  variants<Tree>({ leaf: {}, fork: { of: list(tree, { maxItems: 3 }) } }),
);

const cases: readonly (readonly [string, Shape<never>, unknown, unknown])[] = [
  ['a number', integer(0, 9), 1, 1],
  ['a text', text({ maxLength: 3, meaning: 'a word' }), 'abc', 'abc'],
  ['a choice', choice('on', 'off'), 'on', 'on'],
  ['a choice of numbers', integerChoice(1, 2), 2, 2],
  ['a map of fields', point, { x: 1, y: 2 }, { x: 1 }],
  ['a list', list(point, { maxItems: 3 }), [{ x: 1, y: 2 }, { x: 3 }], [{ x: 1 }, { x: 3 }]],
  ['what may be null', nullable(point), { x: 1, y: 2 }, { x: 1 }],
  ['null', nullable(point), null, null],
  ['a map of anything', map(), { a: { b: 1 } }, { a: { b: 1 } }],
  [
    'a variant, which keeps its kind, however deep it is',
    tree,
    {
      kind: 'fork',
      more: 1,
      of: [
        { kind: 'leaf', of: [], more: 2 },
        { kind: 'fork', of: [] },
      ],
    },
    { kind: 'fork', of: [{ kind: 'leaf' }, { kind: 'fork', of: [] }] },
  ],
].map(([name, shape, value, kept]) => [name, shape, value, kept] as never);

describe('keeping what a shape knows', () => {
  for (const [name, { node }, value, kept] of cases) {
    it(`leaves out everything else: ${name}`, () => {
      assert.deepEqual(keepKnown(node, value), kept);
    });
  }
});
