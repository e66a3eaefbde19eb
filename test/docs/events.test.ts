import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { FieldNodes, ShapeNode } from '../../src/domain/shape/shape.ts';
import { everyCatalogue } from '../engine/ledger/recorded-event.ts';
import { oneOfEveryEvent } from '../support/domain/one-of-every-event.ts';
import { Packr } from 'msgpackr';
import { markdownSections } from './markdown-sections.ts';
import { sealedShape } from '../../src/domain/shape/sealed-value.ts';
import { encodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { sealWithFixedKey } from '../support/sensitive/fixed-sensitive-keys.ts';

const packr = new Packr({ useRecords: false });
const unpack = (data: Uint8Array): unknown => packr.unpack(data);

const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8');
const sections = await markdownSections('events.md');
/** As they are recorded: what is sensitive is sealed. */
const samples = new Map<string, unknown>(
  (Object.keys(oneOfEveryEvent) as (keyof typeof oneOfEveryEvent)[]).map((type) => {
    const seal = sealWithFixedKey('session-fixture', type, 'instance-web-1');
    const event = { type, data: oneOfEveryEvent[type] };
    return [type, unpack(encodeEvent(event, everyCatalogue, seal).data)];
  }),
);

/** The shape of a type's data as it is written today. */
function todaysShape(type: keyof typeof oneOfEveryEvent): ShapeNode {
  const shape = everyCatalogue[type].versions.at(-1)?.shape;
  assert.ok(shape !== undefined);
  return shape;
}

/** The names of all fields and the values of all choices within a shape, at any depth. */
function wordsWithin(node: ShapeNode, seen = new Set<ShapeNode>()): readonly string[] {
  if (seen.has(node)) return [];
  seen.add(node);
  const wordsOf = (fields: FieldNodes): readonly string[] =>
    Object.entries(fields).flatMap(([name, field]) => [name, ...wordsWithin(field.node, seen)]);
  switch (node.kind) {
    case 'integer':
    case 'text':
    case 'integer-choice':
    case 'map':
      return [];
    case 'choice':
      return node.values;
    case 'list':
    case 'nullable':
      return wordsWithin(node.of, seen);
    case 'object':
      return wordsOf(node.fields);
    case 'variants':
      return [
        'kind',
        ...Object.entries(node.variants).flatMap(([kind, fields]) => [kind, ...wordsOf(fields)]),
      ];
    case 'sensitive':
      return [...wordsWithin(sealedShape.node, seen), ...wordsWithin(node.of, seen)];
    case 'named':
      return wordsWithin(node.of(), seen);
  }
}

describe('docs/events.md', () => {
  it('has an entry for every type of the catalogues, and nothing else', () => {
    const types = Object.keys(everyCatalogue);
    assert.deepEqual([...sections.keys()].toSorted(), types.toSorted());
  });

  for (const [type, text] of sections) {
    it(`says of ${type} when it is written, which fields it has, and shows one`, () => {
      const sample = samples.get(type);
      assert.ok(sample !== undefined, `there is no sample of ${type}`);
      assert.match(text, /^\n[A-Z].*\.$/m);
      const fields = [...text.matchAll(/^\| `(\w+)` \| \S/gm)].map(([, field]) => field);
      const shape = todaysShape(type as keyof typeof oneOfEveryEvent);
      assert.ok(shape.kind === 'object');
      assert.deepEqual(fields, Object.keys(shape.fields));
      const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? 'null';
      assert.deepEqual(JSON.parse(example), sample);
    });
  }

  it('names every field of every part, and every value that a field can choose from', () => {
    const prose = page.replaceAll(/```json\n[\s\S]*?```/g, '');
    const parts = prose.slice(prose.indexOf('## Parts'));
    for (const type of Object.keys(everyCatalogue) as (keyof typeof oneOfEveryEvent)[]) {
      const text = (sections.get(type) ?? '') + parts;
      const unnamed = wordsWithin(todaysShape(type)).filter(
        (word) => !text.includes(`\`${word}\``),
      );
      assert.deepEqual(unnamed, [], type);
    }
  });

  it('says which version each type is at', () => {
    for (const [type, { schemaVersion }] of Object.entries(everyCatalogue)) {
      const [, said = '1'] = /^Schema version (\d+); /m.exec(sections.get(type) ?? '') ?? [];
      assert.equal(Number(said), schemaVersion, type);
    }
  });
});
