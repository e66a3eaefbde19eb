import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';

const text = await readFile(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');

describe('docs/threat-model.md', () => {
  it('names only tests that are there', async () => {
    const named = [...text.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file]) => file ?? '');
    assert.ok(named.length > 0);
    for (const file of named) {
      assert.match(file, /^test\//);
      await access(new URL(`../../${file}`, import.meta.url));
    }
  });
});
