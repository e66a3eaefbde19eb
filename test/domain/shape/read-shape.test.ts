import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readShape } from '../../../src/domain/shape/read-shape.ts';
import { formatPath, problemAt } from '../../../src/domain/shape/shape-problem.ts';
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

/** What was read, or everything that is wrong: where, what, and what to do. */
function read<T>(shape: Shape<T>, value: unknown): unknown {
  const result = readShape(shape, value);
  if (result.outcome === 'sound') return result.value;
  assert.equal(result.outcome, 'wrong');
  return result.problems.map(({ path, at, message, remedy }) =>
    [`${formatPath(path)} ${message}`, ...(at === 'value' ? [] : [at]), remedy].join(' | '),
  );
}

const name = text({ minLength: 2, maxLength: 4, pattern: '^[a-z]+$', meaning: '2 to 4 letters' });

describe('a whole number', () => {
  const number = integer(-1, 10);

  it('is one from its least to its greatest', () => {
    assert.deepEqual(
      [-1, 0, 10].map((value) => read(number, value)),
      [-1, 0, 10],
    );
  });

  it('is nothing else', () => {
    for (const [value, shown] of [
      ...[[-2, '-2'] as const, [11, '11'] as const, [0.5, '0.5'] as const, [NaN, 'NaN'] as const],
      ...[['1', "'1'"] as const, [null, 'null'] as const, [true, 'true'] as const],
      ...[[[1], 'a list'] as const, [{}, 'a map'] as const, [undefined, 'undefined'] as const],
    ]) {
      assert.deepEqual(read(number, value), [` is ${shown} | Give a whole number from -1 to 10.`]);
    }
  });
});

describe('a map of anything', () => {
  it('is any map, and nothing else', () => {
    assert.deepEqual(read(map(), { a: [1], b: { c: null } }), { a: [1], b: { c: null } });
    assert.deepEqual(read(map(), [1]), [' is a list, not a map | Give its fields.']);
  });
});

describe('one of some whole numbers', () => {
  it('is one of them, and nothing else', () => {
    const number = integerChoice(1, 2, 4);
    assert.deepEqual(
      [1, 2, 4].map((value) => read(number, value)),
      [1, 2, 4],
    );
    assert.deepEqual(read(number, 3), [' is 3 | Give one of: 1, 2, 4.']);
    assert.deepEqual(read(number, '2'), [" is '2' | Give one of: 1, 2, 4."]);
  });
});

describe('a text', () => {
  it('has its length and its pattern', () => {
    assert.equal(read(name, 'ab'), 'ab');
    assert.equal(read(name, 'abcd'), 'abcd');
    for (const value of ['a', 'abcde', 'ab1', 'AB', 12]) {
      const shown = typeof value === 'number' ? '12' : `'${value}'`;
      assert.deepEqual(read(name, value), [` is ${shown} | Give 2 to 4 letters.`]);
    }
  });

  it('is one character at least, unless it may be empty, and of any kind without a pattern', () => {
    assert.equal(read(text({ maxLength: 9, meaning: 'a word' }), '§'), '§');
    assert.deepEqual(read(text({ maxLength: 9, meaning: 'a word' }), ''), [
      " is '' | Give a word.",
    ]);
    assert.equal(read(text({ minLength: 0, maxLength: 9, meaning: 'a word' }), ''), '');
  });

  it('is as long as it has characters, whatever each of them takes', () => {
    const keys = text({ minLength: 2, maxLength: 3, meaning: 'keys' });
    assert.equal(read(keys, '\u{1F5DD}'.repeat(3)), '\u{1F5DD}'.repeat(3));
    assert.deepEqual(read(keys, '\u{1F5DD}'), [" is '\u{1F5DD}' | Give keys."]);
  });

  it('is no list of characters, and is counted in whole ones by its pattern', () => {
    const word = text({ maxLength: 9, meaning: 'a word' });
    assert.deepEqual(read(word, ['a', 'b']), [' is a list | Give a word.']);
    const character = text({ maxLength: 2, pattern: '^.$', meaning: 'a character' });
    assert.equal(read(character, '\u{1F40C}'), '\u{1F40C}');
  });

  it('that is long is shown by its beginning', () => {
    const [sixty, more] = ['x'.repeat(60), 'x'.repeat(61)];
    assert.deepEqual(read(name, sixty), [` is '${sixty}' | Give 2 to 4 letters.`]);
    assert.deepEqual(read(name, more), [` is '${sixty}…' | Give 2 to 4 letters.`]);
  });
});

describe('a choice', () => {
  it('is one of its values', () => {
    assert.equal(read(choice('on', 'off'), 'off'), 'off');
    assert.deepEqual(read(choice('on', 'off'), 'no'), [" is 'no' | Give one of: on, off."]);
    assert.deepEqual(read(choice('on', 'off'), false), [' is false | Give one of: on, off.']);
  });
});

describe('a list', () => {
  const names = list(name, { minItems: 1, maxItems: 2 });

  it('has as many entries as it may, each of them sound', () => {
    assert.deepEqual(read(names, ['ab']), ['ab']);
    assert.deepEqual(read(names, ['ab', 'cd']), ['ab', 'cd']);
    const several = list(name, { minItems: 2, maxItems: 3 });
    assert.deepEqual(read(several, ['ab']), [' has 1 entry | Give 2 to 3 entries.']);
    assert.deepEqual(read(names, []), [' has 0 entries | Give 1 to 2 entries.']);
    assert.deepEqual(read(names, ['ab', 'cd', 'ef']), [' has 3 entries | Give 1 to 2 entries.']);
    assert.deepEqual(read(names, 'ab'), [" is 'ab', not a list | Give a list."]);
    assert.deepEqual(read(names, ['ab', 'c']), ["[1] is 'c' | Give 2 to 4 letters."]);
  });

  it('may be empty, unless it is told otherwise', () => {
    assert.deepEqual(read(list(name, { maxItems: 2 }), []), []);
  });
});

describe('what may be null', () => {
  it('is null or sound', () => {
    assert.equal(read(nullable(name), null), null);
    assert.equal(read(nullable(name), 'ab'), 'ab');
    assert.deepEqual(read(nullable(name), 'a'), [" is 'a' | Give 2 to 4 letters."]);
  });
});

interface Disk {
  readonly name: string;
  readonly size: number;
}

const disk = object<Disk>({
  name: required(name, 'Its name.'),
  size: optional(integer(1, 9), 3, 'Its size.'),
});

describe('a map', () => {
  it('has its fields, those that were left out with their fallbacks', () => {
    assert.deepEqual(read(disk, { name: 'ab', size: 4 }), { name: 'ab', size: 4 });
    assert.deepEqual(read(disk, { name: 'ab' }), { name: 'ab', size: 3 });
  });

  it('tells everything that is wrong with it, in one go', () => {
    assert.deepEqual(
      read(object({ disk: required(disk, 'A disk.') }), { disk: { size: 0, on: 1 } }),
      [
        'disk.on is not known | field | Use one of: name, size.',
        'disk has no name | Add name.',
        'disk.size is 0 | Give a whole number from 1 to 9.',
      ],
    );
  });

  it('has no fields but its own', () => {
    assert.deepEqual(read(disk, { name: 'ab', toString: 1 }), [
      'toString is not known | field | Use one of: name, size.',
    ]);
  });

  it('is no list, no text and not nothing', () => {
    assert.deepEqual(read(disk, []), [' is a list, not a map | Give its fields.']);
    assert.deepEqual(read(disk, null), [' is null, not a map | Give its fields.']);
    assert.deepEqual(read(disk, 'ab'), [" is 'ab', not a map | Give its fields."]);
  });
});

type Match =
  | { readonly kind: 'all' }
  | { readonly kind: 'disk'; readonly name: string }
  | { readonly kind: 'any-of'; readonly of: readonly Match[] };

const match: Shape<Match> = named('match', () =>
  variants<Match>({
    all: {},
    disk: { name: required(name, 'Its name.') },
    'any-of': { of: required(list(match, { maxItems: 2 }), 'Any of them.') },
  }),
);

describe('one of several kinds', () => {
  it('has the fields of its kind', () => {
    const value = { kind: 'any-of', of: [{ kind: 'all' }, { kind: 'disk', name: 'ab' }] };
    assert.deepEqual(read(match, value), value);
    assert.deepEqual(read(match, { kind: 'all', name: 'ab' }), [
      'name is not known | field | Use one of: .',
    ]);
    assert.deepEqual(read(match, { kind: 'any-of', of: [{ kind: 'disk', name: 'a' }] }), [
      "of[0].name is 'a' | Give 2 to 4 letters.",
    ]);
  });

  it('says its kind', () => {
    const remedy = 'Give a kind: one of all, disk, any-of.';
    assert.deepEqual(read(match, {}), [` has no kind | ${remedy}`]);
    assert.deepEqual(read(match, { kind: 'none' }), [` has the unknown kind 'none' | ${remedy}`]);
    assert.deepEqual(read(match, { kind: ['all'] }), [` has the unknown kind a list | ${remedy}`]);
    assert.deepEqual(read(match, { kind: 1 }), [` has the unknown kind 1 | ${remedy}`]);
    assert.deepEqual(read(match, { kind: 'toString' }), [
      ` has the unknown kind 'toString' | ${remedy}`,
    ]);
    assert.deepEqual(read(match, 'all'), [
      " is 'all', not a map | Give a map with a kind: one of all, disk, any-of.",
    ]);
  });

  it('is nested only so deep', () => {
    const nested = (levels: number): unknown =>
      levels === 0 ? { kind: 'all' } : { kind: 'any-of', of: [nested(levels - 1)] };
    assert.deepEqual(read(match, nested(20)), nested(20));
    const place = Array.from({ length: 20 }, () => 'of[0]').join('.');
    assert.deepEqual(read(match, nested(21)), [
      `${place}.of is nested too deeply | Write it with fewer levels.`,
    ]);
  });
});

describe('a problem', () => {
  it('is at a place that a person finds', () => {
    assert.equal(
      formatPath(['policies', 0, 'image', 'schedules', 12]),
      'policies[0].image.schedules[12]',
    );
    assert.equal(formatPath([0, 'image']), '[0].image');
    assert.equal(formatPath([]), '');
  });

  it('is one of the value, unless it is told otherwise', () => {
    assert.deepEqual(problemAt(['image'], 'is off', 'Switch it on.'), {
      path: ['image'],
      at: 'value',
      message: 'is off',
      remedy: 'Switch it on.',
    });
  });
});
