import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonSchemaOf } from '../../../src/domain/shape/json-schema.ts';
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

interface Tree {
  readonly name: string;
  readonly state: 'on' | 'off';
  readonly size: number | null;
  readonly leaves: readonly Leaf[];
}

type Leaf = { readonly kind: 'blank' } | { readonly kind: 'branch'; readonly tree: Tree };

const tree: Shape<Tree> = named('tree', () =>
  object<Tree>({
    name: required(text({ maxLength: 9, pattern: '^a', meaning: 'a name' }), 'Its name.'),
    state: required(choice('on', 'off'), 'On or off.'),
    size: optional(nullable(integer(1, 5)), null, 'Its size.'),
    leaves: required(list(leaf, { minItems: 1, maxItems: 3 }), 'Its leaves.'),
  }),
);
const leaf: Shape<Leaf> = variants<Leaf>({
  blank: {},
  branch: { tree: required(tree, 'A tree of its own.') },
});

describe('the JSON Schema of a shape', () => {
  const head = { $id: 'urn:tree', title: 'tree', description: 'A tree.' };

  it('says what is accepted, also of a shape that contains itself', () => {
    assert.deepEqual(jsonSchemaOf(tree, head), {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:tree',
      title: 'tree',
      description: 'A tree.',
      $ref: '#/$defs/tree',
      $defs: {
        tree: {
          type: 'object',
          properties: {
            name: {
              description: 'Its name.',
              type: 'string',
              minLength: 1,
              maxLength: 9,
              pattern: '^a',
            },
            state: { description: 'On or off.', enum: ['on', 'off'] },
            size: {
              description: 'Its size.',
              anyOf: [{ type: 'integer', minimum: 1, maximum: 5 }, { type: 'null' }],
              default: null,
            },
            leaves: {
              description: 'Its leaves.',
              type: 'array',
              minItems: 1,
              maxItems: 3,
              items: {
                oneOf: [
                  {
                    type: 'object',
                    properties: { kind: { const: 'blank' } },
                    required: ['kind'],
                    additionalProperties: false,
                  },
                  {
                    type: 'object',
                    properties: {
                      kind: { const: 'branch' },
                      tree: { description: 'A tree of its own.', $ref: '#/$defs/tree' },
                    },
                    required: ['kind', 'tree'],
                    additionalProperties: false,
                  },
                ],
              },
            },
          },
          required: ['name', 'state', 'leaves'],
          additionalProperties: false,
        },
      },
    });
  });

  it('lists the numbers that there are, and the conditions between fields, if any', () => {
    const conditions = [{ required: ['a'] }, { not: { required: ['b'] } }];
    const schema = jsonSchemaOf(
      object<{ readonly a: number }>({ a: required(integerChoice(1, 2, 4), 'A.') }, ...conditions),
      head,
    );
    assert.deepEqual(schema['properties'], { a: { description: 'A.', enum: [1, 2, 4] } });
    assert.deepEqual(schema['allOf'], conditions);
    assert.ok(!('allOf' in jsonSchemaOf(object<object>({}), head)));
  });

  it('lets a map of anything be a map of anything, and describes no field that a document explains', () => {
    const schema = jsonSchemaOf(
      object<{ readonly a: Readonly<Record<string, unknown>> }>({ a: map() }),
      head,
    );
    assert.deepEqual(schema['properties'], { a: { type: 'object' } });
  });

  it('has no pattern where any text will do, and makes a shape once that is named twice', () => {
    let made = 0;
    const word = named('word', () => {
      made += 1;
      return text({ maxLength: 2, meaning: 'a word' });
    });
    const schema = jsonSchemaOf(
      object<{ readonly a: string; readonly b: string }>({
        a: required(word, 'A.'),
        b: required(word, 'B.'),
      }),
      head,
    );
    assert.deepEqual(schema['$defs'], { word: { type: 'string', minLength: 1, maxLength: 2 } });
    assert.equal(made, 1);
  });
});
