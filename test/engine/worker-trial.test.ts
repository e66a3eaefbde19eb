import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { tryWorker } from '../../src/engine/worker-trial/try-worker.ts';
import { makeTestVault } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { processesOf } from '../support/vault/processes-of.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const never = new AbortController().signal;

describe('a worker that is launched to see whether one can work', () => {
  let temporary: TemporaryFolder;
  let folder: string;
  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
  });
  after(() => temporary[Symbol.asyncDispose]());

  const program = async (name: string, text: string): Promise<string> => {
    const file = path.join(temporary.path, name);
    await writeFile(file, text);
    return file;
  };
  const assertNothingLeft = async ({ dependencies }: OpenTestVault): Promise<void> => {
    const mailboxes = await Array.fromAsync(dependencies.objectStore.list('control/'));
    assert.deepEqual(mailboxes, []);
    assert.deepEqual(await processesOf(folder), []);
  };

  it('has worked when it said hello', async () => {
    await using vault = await openTestVault(folder);

    assert.deepEqual(await tryWorker(vault.dependencies, never), { kind: 'worked' });

    await assertNothingLeft(vault);
  });

  it('has failed when it ended before, and what is known of why is said', async () => {
    const workerProgram = await program(
      'ends.mjs',
      'console.log("no way to S3"); process.exit(3);',
    );
    await using vault = await openTestVault(folder, { workerProgram });

    const trial = await tryWorker(vault.dependencies, never);

    assert.ok(trial.kind === 'failed');
    assert.match(trial.said, /ended before it said hello: .*no way to S3/s);
    await assertNothingLeft(vault);
  });

  it('has failed when it says nothing for as long as a backup would wait', async () => {
    const workerProgram = await program('waits.mjs', 'setInterval(() => undefined, 1000);');
    await using vault = await openTestVault(folder, {
      workerProgram,
      limits: { workerHelloTimeoutMs: 300 },
    });

    const trial = await tryWorker(vault.dependencies, never);

    assert.ok(trial.kind === 'failed');
    assert.match(trial.said, /runs, and said no hello within 0\.3 s/);
    await assertNothingLeft(vault);
  });

  it('is removed when nobody waits for it any more', async () => {
    const workerProgram = await program('waits-too.mjs', 'setInterval(() => undefined, 1000);');
    await using vault = await openTestVault(folder, { workerProgram });
    const stopped = new AbortController();
    setTimeout(() => {
      stopped.abort(new Error('not needed any more'));
    }, 300);

    await assert.rejects(tryWorker(vault.dependencies, stopped.signal), /not needed/);

    await assertNothingLeft(vault);
  });
});
