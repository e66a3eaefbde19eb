import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../src/domain/identifiers.ts';
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

    assert.deepEqual(await tryWorker(vault.dependencies, never), {
      outcome: { kind: 'worked' },
      leftOver: [],
    });

    await assertNothingLeft(vault);
  });

  it('has failed when it ended before, and what is known of why is said', async () => {
    const workerProgram = await program(
      'ends.mjs',
      'console.log("no way to S3"); process.exit(3);',
    );
    await using vault = await openTestVault(folder, { workerProgram });

    const { outcome } = await tryWorker(vault.dependencies, never);

    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.said, /ended before it said hello: .*no way to S3/s);
    await assertNothingLeft(vault);
  });

  it('has failed when it says nothing for as long as a backup would wait', async () => {
    const workerProgram = await program('waits.mjs', 'setInterval(() => undefined, 1000);');
    await using vault = await openTestVault(folder, {
      workerProgram,
      limits: { workerHelloTimeoutMs: 300 },
    });

    const { outcome } = await tryWorker(vault.dependencies, never);

    assert.ok(outcome.kind === 'failed');
    assert.match(outcome.said, /runs, and said no hello within 0\.3 s/);
    await assertNothingLeft(vault);
  });

  const refusal = (): Promise<never> =>
    Promise.reject(new SnapledgerError('CLOUD_ACCESS_DENIED', 'nobody may terminate'));
  const refusingRemoval = ({ dependencies }: OpenTestVault): OpenTestVault['dependencies'] => {
    const { cloud } = dependencies;
    return {
      ...dependencies,
      cloud: { ...cloud, workers: { ...cloud.workers, terminate: refusal } },
    };
  };
  const terminateAll = async ({ dependencies }: OpenTestVault, said: string): Promise<void> => {
    const [, workerId = ''] = /worker (\S+) may still run/.exec(said) ?? [];
    await dependencies.cloud.workers.terminate(workerId as WorkerId);
  };

  it('has worked also when it cannot be removed: that is told with its id, and its mailbox is gone', async () => {
    await using vault = await openTestVault(folder);

    const { outcome, leftOver } = await tryWorker(refusingRemoval(vault), never);

    assert.deepEqual(outcome, { kind: 'worked' });
    assert.match(leftOver.join(), /^worker \S+ may still run: nobody may terminate$/);
    assert.deepEqual(await Array.fromAsync(vault.dependencies.objectStore.list('control/')), []);
    await terminateAll(vault, leftOver.join());
  });

  it('is told of when it was stopped and cannot be removed', async () => {
    const workerProgram = await program('waits-on.mjs', 'setInterval(() => undefined, 1000);');
    await using vault = await openTestVault(folder, { workerProgram });

    const { outcome, leftOver } = await tryWorker(refusingRemoval(vault), AbortSignal.timeout(300));

    assert.deepEqual(outcome, { kind: 'stopped' });
    await terminateAll(vault, leftOver.join());
    await assertNothingLeft(vault);
  });

  it('says that it was not launched only when that is so', async () => {
    await using vault = await openTestVault(folder);
    const { cloud } = vault.dependencies;
    const tried = async (workers: Partial<typeof cloud.workers>): Promise<string> => {
      const dependencies = {
        ...vault.dependencies,
        cloud: { ...cloud, workers: { ...cloud.workers, ...workers } },
      };
      return (await tryWorker(dependencies, never)).outcome.kind;
    };

    assert.equal(await tried({ launch: refusal }), 'not-launched');
    const hidden = await program('is-silent.mjs', 'setInterval(() => undefined, 1000);');
    await using silent = await openTestVault(folder, { workerProgram: hidden });
    const { workers } = silent.dependencies.cloud;
    assert.equal(await tried({ ...workers, describe: refusal }), 'unseen');

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
