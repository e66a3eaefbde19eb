import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { mutants } from './mutants.ts';

const packageFolder = path.join(import.meta.dirname, '..', '..');

describe('the defects that the simulation is tried with', () => {
  for (const { name, file, original, replacement } of mutants) {
    it(`can be put into the sources: an engine that ${name}`, async () => {
      const source = await readFile(path.join(packageFolder, file), 'utf8');
      assert.equal(source.split(original).length, 2, `${file} holds the text once`);
      assert.notEqual(replacement, original);
    });
  }
});
