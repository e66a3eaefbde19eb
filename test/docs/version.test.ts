import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { engineVersion } from '../../src/engine/engine-version.ts';

it('the version in every event is that of the package', async () => {
  const file = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version: string };
  assert.equal(engineVersion, version);
});
