import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

const plug = fileURLToPath(new URL('../../demo/plain-format/plain-format.ts', import.meta.url));

describe('a vault in a storage format that is plugged in', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder = '';
  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
  });
  after(async () => {
    await temporary[Symbol.asyncDispose]();
  });
  const secrets = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'correct horse' };
  const env = { ...secrets, SNAPLEDGER_FORMATS: plug };
  const run = (
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = env,
  ): Promise<ProcessResult> => runInProcess(argv, { env: environment, folder });
  const succeed = async (...argv: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(argv);
    assert.equal(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
    return stdout;
  };

  it('is made only when it is accepted that the format does not encrypt', async () => {
    const refused = await run(['init', '--format', 'plain']);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /'plain' does not encrypt[^]*--unencrypted/);

    const init = ['init', '--format', 'plain', '--unencrypted'];
    const { exitCode, stdout: made, stderr } = await runProcess(init, { env, folder });
    assert.equal(exitCode, 0, stderr);

    assert.match(made, /its storage format is plain: which does not encrypt, whose points need/);
    const { repositoryId, ...marker } = JSON.parse(
      await readFile(join(folder, 'vault', 'vault.json'), 'utf8'),
    ) as Readonly<Record<string, unknown>>;
    assert.equal(typeof repositoryId, 'string');
    assert.deepEqual(marker, { format: 'snapledger-vault', version: 5, storageFormat: 'plain' });
  });

  it('backs up, changed blocks alone the second time, with workers that load the format', async () => {
    const disk = join(folder, 'disk.img');
    await makeDisk(disk, ['a', null, 'b', 'c']);
    await succeed('instance', 'add', 'web-1', '--volume', '/dev/xvda=disk.img');
    await writeFile(
      join(folder, 'policies.yaml'),
      `policies:
  - policyId: web
    selection: { include: { kind: instances, instanceIds: [web-1] } }
    snapshots: { retention: { count: 1 } }
    image: { retention: { count: 1 } }
`,
    );
    await succeed('policy', 'apply', 'policies.yaml');
    await succeed('backup', 'web-1');
    await writeBlock(disk, 1, noise('d', blockSizeBytes));
    const second = await succeed('backup', 'web-1');
    assert.match(second, /changed/);

    await succeed('verify', '--deep');
    const points = JSON.parse(await succeed('points', 'web-1', '--json')) as { id: string }[];
    const newest = points.at(-1)?.id ?? '';
    await succeed('restore', newest, '--to', 'restored');
    const restored = await sha256OfFile(join(folder, 'restored', 'xvda.img'));
    assert.equal(restored, await sha256OfFile(disk));
  });

  it('keeps a point that is beyond the count as long as a kept one needs it, and says why', async () => {
    const points = JSON.parse(await succeed('points', 'web-1', '--json')) as { id: string }[];
    assert.equal(points.length, 2, 'one is to be kept, and the older one is needed by it');
    const [older, newer] = points.map(({ id }) => id);
    const why = await succeed('why', older ?? '');
    assert.match(why, /cannot be read without it/);
    assert.ok(why.includes((newer ?? '').slice(0, 8)), why);
  });

  it('is opened by nobody who does not name the format, and nothing of it is loaded unasked', async () => {
    const { exitCode, stderr } = await runProcess(['points', 'web-1'], { env: secrets, folder });
    assert.notEqual(exitCode, 0);
    assert.match(stderr, /the storage format 'plain' is not plugged in; known: strata/);
    assert.match(stderr, /SNAPLEDGER_FORMATS/);
  });

  it('names what is wrong with a module that is no format', async () => {
    await writeFile(join(folder, 'nothing.js'), 'export const plug = 1;\n');
    const other = { ...secrets, SNAPLEDGER_FORMATS: 'nothing.js' };
    const { stderr } = await run(['points', 'web-1'], other);
    assert.match(stderr, /nothing\.js' is no storage format: it does not export 'formatPlug'/);
  });

  it('can be rebuilt from its repository, which is known for what it is', async () => {
    await rm(join(folder, 'vault', 'ledger.sqlite'));
    await succeed('recover', '--repository', 'vault/repository');
    await succeed('verify');
    const points = JSON.parse(await succeed('points', 'web-1', '--json')) as unknown[];
    assert.equal(points.length, 2);
  });

  it('makes another vault of a repository only when it is accepted that it does not encrypt', async () => {
    const recover = ['recover', '--repository', 'vault/repository', '--vault', 'another'];
    const { exitCode, stderr } = await run(recover);
    assert.equal(exitCode, 2);
    assert.match(stderr, /'plain' does not encrypt[^]*--unencrypted/);
    await succeed(...recover, '--unencrypted');
    const points = await succeed('points', 'web-1', '--json', '--vault', 'another');
    assert.equal((JSON.parse(points) as unknown[]).length, 2);
  });
});
