import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Check, compileCheck } from '../../../src/domain/shape/compile-check.ts';
import { readShape } from '../../../src/domain/shape/read-shape.ts';
import {
  choice,
  integer,
  integerChoice,
  list,
  map,
  named,
  nullable,
  object,
  optional,
  required,
  type Shape,
  text,
  variants,
} from '../../../src/domain/shape/shape.ts';
import { formatPath } from '../../../src/domain/shape/shape-problem.ts';

type Tree = { readonly kind: 'leaf' } | { readonly kind: 'fork'; readonly of: readonly Tree[] };

interface Sample {
  readonly count: number;
  readonly name: string;
  readonly level: 'on' | 'off';
  readonly places: readonly number[];
  readonly end: number | null;
  readonly tree: Tree;
  readonly anything: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
}

const tree: Shape<Tree> = named('tree', () =>
  variants<Tree>({ leaf: {}, fork: { of: list(tree, { maxItems: 3 }) } }),
);
const sample: Shape<Sample> = object<Sample>({
  count: integer(0, 9),
  name: text({ maxLength: 5, pattern: '^[a-z]*$', meaning: 'at most 5 small letters' }),
  level: optional(choice('on', 'off'), 'on', 'Has a fallback, which a check does not take.'),
  places: list(integer(0, 9), { minItems: 1, maxItems: 2 }),
  end: required(nullable(integer(0, 9)), 'Or none.'),
  tree,
  anything: map(),
  words: list(text({ maxLength: 3, meaning: 'a short word' }), { maxItems: 9 }),
});

const sound: Sample = {
  count: 1,
  name: 'abc',
  level: 'off',
  places: [1, 2],
  end: null,
  tree: { kind: 'fork', of: [{ kind: 'leaf' }, { kind: 'fork', of: [] }] },
  anything: { whatever: [{}] },
  words: ['abc'],
};

const check = compileCheck(sample, 'ignored');
const strictCheck = compileCheck(sample, 'refused');

function found(value: unknown, by: Check = check): string | null {
  const mismatch = by(value);
  if (mismatch === null) return null;
  return `${formatPath(mismatch.path)} ${mismatch.found}; ${mismatch.expected}`;
}

describe('a check that was compiled of a shape', () => {
  it('counts one entry as one', () => {
    const several = compileCheck(list(integer(0, 9), { minItems: 2, maxItems: 3 }), 'ignored');
    assert.equal(found([1], several), ' has 1 entry; a list of 2 to 3 entries');
  });

  it('finds nothing wrong with what is as the shape says', () => {
    assert.equal(found(sound), null);
    assert.equal(found(sound, strictCheck), null);
    assert.equal(found({ ...sound, end: 9 }), null);
  });

  const wrong: readonly (readonly [object, string])[] = [
    [{ count: 10 }, 'count is 10; a whole number from 0 to 9'],
    [{ count: -1 }, 'count is -1; a whole number from 0 to 9'],
    [{ count: 1.5 }, 'count is 1.5; a whole number from 0 to 9'],
    [{ count: '1' }, "count is '1'; a whole number from 0 to 9"],
    [{ count: 1n }, 'count is 1; a whole number from 0 to 9'],
    [{ count: undefined }, 'count is missing; a whole number from 0 to 9'],
    [{ name: 'abcdef' }, "name is 'abcdef'; at most 5 small letters"],
    [{ name: 'ABC' }, "name is 'ABC'; at most 5 small letters"],
    [{ level: undefined }, 'level is missing; one of: on, off'],
    [{ level: 'odd' }, "level is 'odd'; one of: on, off"],
    [{ places: {} }, 'places is a map; a list of 1 to 2 entries'],
    [{ places: [] }, 'places has 0 entries; a list of 1 to 2 entries'],
    [{ places: [1, 2, 3] }, 'places has 3 entries; a list of 1 to 2 entries'],
    [{ places: [1, null] }, 'places[1] is null; a whole number from 0 to 9'],
    [{ end: undefined }, 'end is missing; a whole number from 0 to 9'],
    [{ tree: 'leaf' }, "tree is 'leaf'; a map"],
    [{ tree: {} }, 'tree.kind is missing; one of: leaf, fork'],
    [{ tree: { kind: 'root' } }, "tree.kind is 'root'; one of: leaf, fork"],
    [{ tree: { kind: 'toString' } }, "tree.kind is 'toString'; one of: leaf, fork"],
    [
      { tree: { kind: 'fork', of: [{ kind: 'fork' }] } },
      'tree.of[0].of is missing; a list of 0 to 3 entries',
    ],
    [{ anything: [] }, 'anything is a list; a map'],
    [{ words: ['abc', 1] }, 'words[1] is 1; a short word'],
    [{ words: ['abcd'] }, "words[0] is 'abcd'; a short word"],
  ];
  for (const [change, expected] of wrong) {
    it(`says what is wrong, where, and what it has to be: ${expected}`, () => {
      assert.equal(found({ ...sound, ...change }), expected);
    });
  }

  it('counts characters, not the units that they take', () => {
    const smile = '\u{1F600}';
    assert.equal(found({ ...sound, words: [smile.repeat(3)] }), null);
    assert.match(found({ ...sound, words: [smile.repeat(4)] }) ?? '', /a short word$/);
  });

  it('is not taken in by a value that is no map', () => {
    for (const value of [null, undefined, 7, 'text', []])
      assert.match(found(value) ?? '', /; a map$/);
  });

  it('ignores a field that it does not know, or refuses it, at any depth', () => {
    const outside = { ...sound, more: 1 };
    const inside = { ...sound, tree: { kind: 'leaf', more: 1 } };
    assert.equal(found(outside), null);
    assert.equal(found(inside), null);
    assert.match(
      found(outside, strictCheck) ?? '',
      /^more is not known; left out, or one of: count,/,
    );
    assert.equal(found(inside, strictCheck), 'tree.more is not known; left out, or one of: kind');
  });

  it('ends where a value is nested more deeply than anything is', () => {
    let deep: unknown = { kind: 'leaf' };
    for (let level = 0; level < 10_000; level += 1) deep = { kind: 'fork', of: [deep] };
    assert.match(found({ ...sound, tree: deep }) ?? '', /is nested too deeply; 40 levels at most$/);
    assert.equal(found(sound), null, 'and goes on as before');
  });

  it('takes the least and the greatest number that its shape allows', () => {
    for (const count of [0, 9]) assert.equal(found({ ...sound, count }), null);
  });

  it('knows numbers of which there are some', () => {
    const ofSome = compileCheck(integerChoice(1, 2, 4), 'refused');
    assert.equal(found(4, ofSome), null);
    assert.equal(found(3, ofSome), ' is 3; one of: 1, 2, 4');
  });

  it('takes a pattern to be about characters, as JSON Schema does', () => {
    const one = compileCheck(
      text({ maxLength: 9, pattern: '^.$', meaning: 'a character' }),
      'refused',
    );
    assert.equal(found('\u{1F600}', one), null);
    assert.equal(found('ab', one), " is 'ab'; a character");
  });

  it('names all fields that a map may have, where it has another one', () => {
    const pair = compileCheck(
      object<{ readonly a: number; readonly b: number }>({ a: integer(0, 1), b: integer(0, 1) }),
      'refused',
    );
    assert.equal(found({ a: 0, b: 1, c: 2 }, pair), 'c is not known; left out, or one of: a, b');
    assert.match(found({ a: 0, b: 1, kind: 2 }, pair) ?? '', /^kind is not known/);
  });

  it('accepts of whole values what readShape accepts', () => {
    const number = fc.oneof(fc.integer({ min: -1, max: 10 }), fc.constantFrom(1.5, '1', null));
    const whole = fc.record({
      count: number,
      name: fc.oneof(fc.string({ maxLength: 6 }), number),
      level: fc.constantFrom('on', 'off', 'odd', null),
      places: fc.oneof(fc.array(number, { maxLength: 3 }), number),
      end: number,
      tree: fc.constantFrom<unknown>({ kind: 'leaf' }, { kind: 'fork', of: [{}] }, { kind: 1 }, []),
      anything: fc.oneof(fc.dictionary(fc.string(), number), number),
      words: fc.oneof(
        fc.dictionary(fc.string(), fc.oneof(fc.string({ maxLength: 4 }), number)),
        number,
      ),
    });
    const some = fc.record({
      count: fc.integer({ min: 0, max: 9 }),
      places: fc.constant([1]),
      name: fc.constant('a'),
    });
    const value = fc.tuple(whole, some, fc.boolean());
    fc.assert(
      fc.property(value, ([one, sounder, isSounder]) => {
        const candidate = isSounder ? { ...one, ...sounder } : one;
        const isRead = readShape(sample, candidate).outcome === 'sound';
        assert.equal(found(candidate, strictCheck) === null, isRead);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a check of a shape that contains itself', () => {
  // Compiled anew for each: it is made when it is first needed.
  const checkTree = (value: unknown): string | null => found(value, compileCheck(tree, 'refused'));
  const nested = (levels: number): unknown => {
    let value: unknown = { kind: 'leaf' };
    for (let level = 1; level < levels; level += 1) value = { kind: 'fork', of: [value] };
    return value;
  };

  it('finds what is wrong far inside', () => {
    assert.equal(checkTree({ kind: 'fork', of: [{ kind: 'leaf' }] }), null);
    assert.equal(
      checkTree({ kind: 'fork', of: [{ kind: 'twig' }] }),
      "of[0].kind is 'twig'; one of: leaf, fork",
    );
    assert.equal(checkTree({ kind: 'fork' }), 'of is missing; a list of 0 to 3 entries');
    assert.equal(checkTree({ kind: 'leaf', of: [] }), 'of is not known; left out, or one of: kind');
  });

  it('goes 40 levels deep, and says where it stopped', () => {
    assert.equal(checkTree(nested(40)), null);
    assert.equal(
      checkTree(nested(41)),
      `${Array.from({ length: 40 }, () => 'of[0]').join('.')} is nested too deeply; 40 levels at most`,
    );
  });
});

describe('a shape', () => {
  it('is of its type exactly: the compiler refuses a value too many, or one too few', () => {
    type Level = 'on' | 'off';
    // @ts-expect-error: `off` is missing
    const narrow: Shape<Level> = choice('on');
    // @ts-expect-error: there is no `odd`
    const wide: Shape<Level> = choice('on', 'off', 'odd');
    // @ts-expect-error: `b` is missing
    const fewer: Shape<{ readonly a: number; readonly b: number }> = object({ a: integer(0, 1) });
    // @ts-expect-error: there is no `b`
    const more: Shape<{ readonly a: number }> = object({ a: integer(0, 1), b: integer(0, 1) });
    // @ts-expect-error: it can be null
    const always: Shape<number> = nullable(integer(0, 1));
    assert.equal(new Set([narrow, wide, fewer, more, always]).size, 5);
  });
});
