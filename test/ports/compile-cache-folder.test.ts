import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const module = new URL('../../src/ports/compile-cache-folder.ts', import.meta.url).href;
const program = `
  const { compileCacheFolder, compileCacheOnly } = await import(${JSON.stringify(module)});
  console.log(JSON.stringify([compileCacheFolder() ?? null, compileCacheOnly()]));
`;

async function toldBy(env: Readonly<Record<string, string>>): Promise<unknown> {
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout);
}

describe('the folder of compiled code that threads and child processes are told of', () => {
  it('is the one of this process, as NODE_COMPILE_CACHE names it', async () => {
    await using temporary = await makeTemporaryFolder();
    const folder = path.join(temporary.path, 'cache');
    assert.deepEqual(await toldBy({ NODE_COMPILE_CACHE: folder, SECRET: 'word' }), [
      folder,
      { NODE_COMPILE_CACHE: folder },
    ]);
  });

  it('is none where this process keeps none', async () => {
    assert.deepEqual(await toldBy({ SECRET: 'word' }), [null, {}]);
  });
});
