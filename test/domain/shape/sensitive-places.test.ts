import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeSensitive, mayBeSensitive } from '../../../src/domain/shape/sensitive-places.ts';
import {
  choice,
  integer,
  integerChoice,
  list,
  map,
  named,
  nullable,
  object,
  sensitive,
  type ShapeNode,
  text,
  variants,
} from '../../../src/domain/shape/shape.ts';
import { formatPath } from '../../../src/domain/shape/shape-problem.ts';

const word = text({ maxLength: 9, meaning: 'a word' });
const secret = sensitive(word);
const number = integer(0, 9);

const withPlaces: Readonly<Record<string, ShapeNode>> = {
  'a sensitive value': secret.node,
  'a list of them': list(secret, { maxItems: 2 }).node,
  'one that may be null': nullable(secret).node,
  'a map with one beside others': object<never>({ n: number, s: secret } as never).node,
  'one of several kinds, with one in one of them': variants<never>({
    without: {},
    with: { n: number, s: secret },
  }).node,
  'a list of maps with one': list(object<never>({ s: secret } as never), { maxItems: 2 }).node,
};

const without: Readonly<Record<string, ShapeNode>> = {
  'a number': number.node,
  'a choice of numbers': integerChoice(1, 2).node,
  'a text': word.node,
  'a choice': choice('on', 'off').node,
  'a map of anything': map().node,
  'a shape with a name, which is of documents': named('word', () => word).node,
  'a list of numbers': list(number, { maxItems: 2 }).node,
  'a number that may be null': nullable(number).node,
  'a map of numbers': object<{ readonly n: number }>({ n: number }).node,
  'one of several kinds': variants<never>({ a: {}, b: { n: number } }).node,
};

/** What stands at each sensitive place, with the place. */
function placesIn(node: ShapeNode, value: unknown): readonly string[] {
  const places: string[] = [];
  changeSensitive(node, value, (found, path) => {
    places.push(`${formatPath(path)}=${String(found)}`);
    return found;
  });
  return places;
}

describe('whether a shape has sensitive places', () => {
  for (const [name, node] of Object.entries(withPlaces)) {
    it(`it has: ${name}`, () => {
      assert.equal(mayBeSensitive(node), true);
    });
  }
  for (const [name, node] of Object.entries(without)) {
    it(`it has none: ${name}`, () => {
      assert.equal(mayBeSensitive(node), false);
    });
  }
});

describe('changing what is sensitive', () => {
  const { node } = object<never>({
    n: number,
    s: secret,
    many: list(secret, { maxItems: 3 }),
    none: nullable(secret),
    some: nullable(secret),
    one: variants<never>({ plain: { s: word }, closed: { n: number, s: secret } }),
    other: variants<never>({ plain: { s: word }, closed: { n: number, s: secret } }),
  } as never);
  const value = {
    n: 1,
    s: 'a',
    many: ['b', 'c'],
    none: null,
    some: 'd',
    one: { kind: 'closed', n: 2, s: 'e' },
    other: { kind: 'plain', s: 'open' },
    fromNewerProgram: ['kept'],
  };

  it('replaces it at each of its places, and nothing else', () => {
    assert.deepEqual(
      changeSensitive(node, value, (found) => `<${String(found)}>`),
      {
        n: 1,
        s: '<a>',
        many: ['<b>', '<c>'],
        none: null,
        some: '<d>',
        one: { kind: 'closed', n: 2, s: '<e>' },
        other: { kind: 'plain', s: 'open' },
        fromNewerProgram: ['kept'],
      },
    );
  });

  it('tells the place of each', () => {
    assert.deepEqual(placesIn(node, value), ['s=a', 'many[0]=b', 'many[1]=c', 'some=d', 'one.s=e']);
    assert.deepEqual(placesIn(list(secret, { maxItems: 2 }).node, ['x']), ['[0]=x']);
  });

  it('changes the value itself where it is all of it', () => {
    assert.equal(
      changeSensitive(secret.node, 'a', (found, path) => `${String(found)}${path.length}`),
      'a0',
    );
  });

  it('gives back the same value where there is nothing sensitive', () => {
    for (const [name, plain] of Object.entries(without)) {
      const given = { n: 1 };
      const changed = changeSensitive(plain, given, () => assert.fail('there is no place'));
      assert.equal(changed, given, name);
    }
  });
});
