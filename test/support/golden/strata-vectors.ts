import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** The test vectors of docs/strata.md, by their names. */
export async function readStrataVectors(): Promise<(name: string) => Buffer> {
  const text = await readFile(new URL('../../../docs/strata.md', import.meta.url), 'utf8');
  const [, block] = /^```vectors\n(.*?)^```$/ms.exec(text) ?? [];
  assert.ok(block !== undefined, 'docs/strata.md has test vectors');
  const vectors = new Map<string, string>();
  for (const vector of block.replaceAll(/\n {2}/g, '').split('\n')) {
    if (vector === '' || vector.startsWith('# ')) continue;
    const [, name, hex] = /^([a-z0-9-]+) = ?((?:[0-9a-f]{2})+)$/.exec(vector) ?? [];
    assert.ok(name !== undefined && hex !== undefined, `"${vector}" is no vector`);
    assert.ok(!vectors.has(name), `${name} is there once`);
    vectors.set(name, hex);
  }
  return (name) => Buffer.from(vectors.get(name) ?? assert.fail(`no vector ${name}`), 'hex');
}
