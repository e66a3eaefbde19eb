import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { tarFile } from '../../tools/worker-bundle/tar-file.ts';
import { readWorkerBundle } from '../../src/vault/cloud/worker-bundle.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const run = promisify(execFile);

describe('the bundle of the worker', () => {
  let temporary: TemporaryFolder;
  let bundle: Uint8Array;
  let unpacked: string;
  before(async () => {
    temporary = await makeTemporaryFolder();
    bundle = await readWorkerBundle();
    const archive = path.join(temporary.path, 'bundle.tar.gz');
    unpacked = path.join(temporary.path, 'unpacked');
    await writeFile(archive, bundle);
    await mkdir(unpacked);
    await run('tar', ['-xzf', archive, '-C', unpacked]);
  });
  after(() => temporary[Symbol.asyncDispose]());

  it('is the same each time that it is made', async () => {
    assert.ok(Buffer.from(await readWorkerBundle()).equals(bundle));
  });

  it('holds the program, what it can load, and nothing of the engine or for one processor', async () => {
    const files = (await readdir(unpacked, { recursive: true })).toSorted();
    for (const needed of [
      'worker.js',
      'src/worker/main.ts',
      'src/format/strata/transfer/encode-thread.ts',
      'src/adapters/aws/s3/s3-object-store.ts',
      'node_modules/@aws-sdk/client-s3/package.json',
      'node_modules/@smithy/credential-provider-imds/package.json',
      'node_modules/msgpackr/package.json',
    ]) {
      assert.ok(files.includes(needed), needed);
    }
    assert.deepEqual(
      files.filter((file) => /^src\/(engine|vault|cli)\b|\.node$|msgpackr-extract/.test(file)),
      [],
    );
  });

  it('runs with nothing but Node, and loads all that a worker needs of S3 and the format', async () => {
    const folder = path.join(temporary.path, 'instance');
    await mkdir(folder);
    const worker = run(process.execPath, [path.join(unpacked, 'worker.js'), '--instance', folder]);
    await assert.rejects(worker, { code: 2, stdout: /cannot start: .*user-data/ });

    const probe = path.join(unpacked, 'probe.mjs');
    await writeFile(
      probe,
      `import { fromInstanceMetadata } from '@smithy/credential-provider-imds';
       const { openS3ObjectStore } = await import('./src/adapters/aws/s3/s3-object-store.ts');
       const { prepareStrataTransfer } = await import(
         './src/format/strata/transfer/prepare-strata-transfer.ts');
       const prepared = prepareStrataTransfer();
       await prepared.close();
       console.log(typeof fromInstanceMetadata, typeof openS3ObjectStore);`,
    );
    const { stdout } = await run(process.execPath, [probe]);
    assert.equal(stdout, 'function function\n');
  });
});

describe('an archive of files', () => {
  it('is one for tar, also with long names, and is the same for the same files', async () => {
    const temporary = await makeTemporaryFolder();
    try {
      const long = `${'folder/'.repeat(20)}${'f'.repeat(90)}.txt`;
      const files = [
        { path: 'a.txt', content: Buffer.from('a') },
        { path: 'empty', content: new Uint8Array() },
        { path: long, content: Buffer.alloc(1_000, 'x') },
      ];
      const archive = path.join(temporary.path, 'archive.tar');
      await writeFile(archive, tarFile(files));
      await run('tar', ['-xf', archive, '-C', temporary.path]);
      for (const { path: name, content } of files) {
        const found = await readFile(path.join(temporary.path, name));
        assert.ok(found.equals(content), name);
      }
      assert.ok(Buffer.from(tarFile(files)).equals(await readFile(archive)));
    } finally {
      await temporary[Symbol.asyncDispose]();
    }
  });

  it('refuses a name that tar has no room for', () => {
    const path = 'x'.repeat(101);
    assert.throws(() => tarFile([{ path, content: new Uint8Array() }]), /too long for an archive/);
  });
});
