import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import {
  backupCatalogue,
  instanceCatalogue,
  leaseCatalogue,
  offerCatalogue,
  policyCatalogue,
  policyRunCatalogue,
  repositoryCatalogue,
  restoreCatalogue,
  retentionSettingsCatalogue,
  scheduleCatalogue,
  verificationsCatalogue,
} from '../../src/engine/ledger/event-catalogues.ts';
import { oneOfEveryEvent } from '../support/domain/one-of-every-event.ts';
import { markdownSections } from './markdown-sections.ts';

const page = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8');
const sections = await markdownSections('events.md');
const samples = new Map<string, object>(Object.entries(oneOfEveryEvent));

/** The names of all fields within a value, at any depth. */
function fieldsWithin(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsWithin);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsWithin(inner)]);
}

describe('docs/events.md', () => {
  it('has an entry for every type of the catalogues, and nothing else', () => {
    const types = [
      backupCatalogue,
      restoreCatalogue,
      instanceCatalogue,
      policyCatalogue,
      retentionSettingsCatalogue,
      scheduleCatalogue,
      offerCatalogue,
      leaseCatalogue,
      policyRunCatalogue,
      repositoryCatalogue,
      verificationsCatalogue,
    ].flatMap((catalogue) => Object.keys(catalogue));
    assert.deepEqual([...sections.keys()].toSorted(), types.toSorted());
  });

  for (const [type, text] of sections) {
    it(`says of ${type} when it is written, which fields it has, and shows one`, () => {
      const sample = samples.get(type);
      assert.ok(sample !== undefined, `there is no sample of ${type}`);
      assert.match(text, /^\n[A-Z].*\.$/m);
      const fields = [...text.matchAll(/^\| `(\w+)` \| \S/gm)].map(([, field]) => field);
      assert.deepEqual(fields, Object.keys(sample));
      const example = /```json\n([\s\S]*?)```/.exec(text)?.[1] ?? 'null';
      assert.deepEqual(JSON.parse(example), sample);
    });
  }

  it('explains the fields of the parts too', () => {
    // The configuration of an instance is the cloud's, its tags are its owner's: not ours to explain.
    const { InstanceInspected, TagsSeen, ...others } = oneOfEveryEvent;
    const { volumes } = InstanceInspected;
    const prose = page.replaceAll(/```json\n[\s\S]*?```/g, '');
    for (const field of fieldsWithin([others, volumes, Object.keys(TagsSeen)])) {
      assert.ok(field in oneOfEveryEvent || prose.includes(`\`${field}\``), `\`${field}\``);
    }
  });
});
