import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { Script, createContext } from 'node:vm';
import { launcher, runProcess } from './support/cli-process.ts';

/** Runs the launcher as a script under a Node that says it is `version`. */
async function launchedUnder(version: string): Promise<{ stderr: string; exitCode: unknown }> {
  const source = (await readFile(launcher, 'utf8')).replace(/^#!.*/, '');
  let stderr = '';
  const process = {
    versions: { node: version },
    env: {},
    exitCode: 0,
    stderr: { write: (text: string) => (stderr += text) },
  };
  new Script(source).runInContext(createContext({ process }));
  // Beyond the check the script imports the program, which a bare script cannot.
  await new Promise((resolve) => setImmediate(resolve));
  return { stderr, exitCode: process.exitCode };
}

describe('the launcher', () => {
  for (const version of ['12.22.12', '20.20.2', '22.99.0', '24.14.9']) {
    it(`says in one line that Node ${version} is too old, and what to do`, async () => {
      const { stderr, exitCode } = await launchedUnder(version);
      assert.equal(exitCode, 1);
      assert.match(stderr, /^snapledger: Node 24\.15 or newer is needed, .*\n$/);
      assert.ok(stderr.includes(`this is Node ${version}:`));
      assert.match(stderr, /install a newer one .*"npm run -s snapledger/);
    });
  }

  for (const version of ['24.15.0', '24.21.0', '25.0.0', '26.1.0']) {
    it(`goes on under Node ${version}`, async () => {
      assert.doesNotMatch((await launchedUnder(version)).stderr, /is needed/);
    });
  }

  it('is written in the language of Node 12, so that an old Node can say so', async () => {
    const source = await readFile(launcher, 'utf8');
    const newer =
      /\?\.|\?\?|\|\|=|&&=|^\s*(import|export|await)\s|import\.meta|\d_\d|#[a-z]\w*\s*[=(;]|\bclass\b/m;
    assert.doesNotMatch(source.replace(/^#!.*/, '').replace(/\/\*[^]*?\*\//, ''), newer);
  });

  it('starts the program of a clone', async () => {
    const run = await runProcess(['--version'], { env: {}, folder: tmpdir() });
    assert.match(run.stdout, /^\d+\.\d+\.\d+\n$/);
    assert.deepEqual({ exitCode: run.exitCode, stderr: run.stderr }, { exitCode: 0, stderr: '' });
  });
});
