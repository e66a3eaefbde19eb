import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { NbdClient } from '../support/nbd/nbd-client.ts';
import { createTestVault } from '../support/vault/create-test-vault.ts';
import { makeDisk, noise, sha256OfFile } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessResult, runProcess } from './support/cli-process.ts';
import { runCliWith } from './support/run-cli-with.ts';
import { runInProcess } from './support/run-in-process.ts';

describe("'serve' and 'export'", { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder = '';
  let point = '';
  const passphrase = 'correct horse';
  const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: passphrase };
  const run = (...argv: readonly string[]): Promise<ProcessResult> =>
    runInProcess(argv, { env, folder });
  const succeed = async (...argv: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(...argv);
    assert.equal(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = temporary.path;
    await makeDisk(join(folder, 'root.img'), ['a', null, 'b', null]);
    await makeDisk(join(folder, 'data.img'), [null, 'c']);
    await createTestVault({ folder: join(folder, 'vault'), passphrase });
    const volumes = ['--volume', '/dev/xvda=root.img', '--volume', '/dev/xvdb=data.img'];
    await succeed('instance', 'add', 'web-1', ...volumes);
    await succeed('policy', 'set', 'web-1', '--keep-snapshots', '1');
    await succeed('backup', 'web-1');
    const [only] = JSON.parse(await succeed('points', 'web-1', '--json')) as { id: string }[];
    point = only?.id ?? '';
  });
  after(() => temporary[Symbol.asyncDispose]());

  it('serve lets others read the volumes until it is stopped, which is no failure', async () => {
    let reading = null as Promise<readonly Buffer[]> | null;
    const served = await runProcess(['serve', point, '--nbd', '127.0.0.1:0', '--json'], {
      env,
      folder,
      watch: (child, { stdout }) => {
        if (reading !== null || !stdout.endsWith('}\n')) return;
        const { exports } = JSON.parse(stdout) as { exports: readonly { uri: string }[] };
        assert.deepEqual(
          exports.map(({ uri }) => uri.replace(/:\d+/, '')),
          ['nbd://127.0.0.1/xvda', 'nbd://127.0.0.1/xvdb'],
        );
        const port = Number(new URL(exports[0]?.uri ?? '').port);
        reading = Promise.all([
          readFrom(port, 'xvda', 2 * blockSizeBytes - 10),
          readFrom(port, 'xvdb', blockSizeBytes - 10),
        ]).finally(() => child.kill('SIGINT'));
      },
    });
    assert.equal(served.exitCode, 0, served.stderr);
    assert.ok(reading !== null);
    const [root, data] = await reading;
    assert.deepEqual([...(root ?? [])], [...Buffer.alloc(10), ...noise('b', 10)]);
    assert.deepEqual([...(data ?? [])], [...Buffer.alloc(10), ...noise('c', 10)]);
  });

  it('serve is for this machine unless more is asked for, and names what it cannot do', async () => {
    const open = await run('serve', point, '--nbd', '0.0.0.0:0');
    assert.equal(open.exitCode, 2);
    assert.match(open.stderr, /whoever reaches 0\.0\.0\.0 could read the point[^]*--anyone/);
    for (const address of ['127.0.0.1', ':10809', '127.0.0.1:70000', 'localhost:nbd']) {
      const { exitCode, stderr } = await runCliWith(['serve', point, '--nbd', address]);
      assert.equal(exitCode, 2);
      assert.match(stderr, /is no address to listen at/);
    }
    const { stderr } = await run('serve', point, '--nbd', '127.0.0.1:0', '--volume', '/dev/xvdz');
    assert.match(stderr, /has no volume '\/dev\/xvdz'/);
  });

  it('export writes one volume to a file, and is recorded as a restore', async () => {
    await succeed('export', point, '--format', 'raw', '--to', 'root.raw', '--volume', '/dev/xvda');
    assert.equal(
      await sha256OfFile(join(folder, 'root.raw')),
      await sha256OfFile(join(folder, 'root.img')),
    );
    const { blocks } = await stat(join(folder, 'root.raw'));
    assert.ok(blocks * 512 <= 2 * blockSizeBytes + 64 * 1024);

    const args = ['--format', 'qcow2', '--to', 'data.qcow2', '--volume', '/dev/xvdb'];
    const told = await succeed('export', point, ...args);
    assert.match(told, /restore of web-1: done/);
    assert.match(told, /data\.qcow2/);
    const qcow2 = await readFile(join(folder, 'data.qcow2'));
    assert.equal(qcow2.toString('latin1', 0, 3), 'QFI');

    await succeed('export', point, '--format', 'vhd', '--to', 'd.vhd', '--volume', '/dev/xvdb');
    const vhd = await readFile(join(folder, 'd.vhd'));
    assert.ok(vhd.subarray(0, -512).equals(await readFile(join(folder, 'data.img'))));

    const sessions = JSON.parse(await succeed('sessions', '--json')) as { kind: string }[];
    assert.equal(sessions.filter(({ kind }) => kind === 'restore').length, 3);
  });

  it('export replaces nothing, and wants to know which volume', async () => {
    const before = await readFile(join(folder, 'root.raw'));
    const again = await run(
      'export',
      point,
      '--format',
      'raw',
      '--to',
      'root.raw',
      '--volume',
      '/dev/xvda',
    );
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /root\.raw' exists already[^]*an export replaces nothing/);
    assert.ok(before.equals(await readFile(join(folder, 'root.raw'))));

    const which = await run('export', point, '--format', 'raw', '--to', 'which.raw');
    assert.equal(which.exitCode, 2);
    assert.match(which.stderr, /2 volumes, and a file holds one[^]*\/dev\/xvda, \/dev\/xvdb/);
    const kind = await run('export', point, '--format', 'vmdk', '--to', 'x');
    assert.match(kind.stderr, /Allowed choices are raw, qcow2, vhd/);
  });
});

/** Twenty bytes of an export. */
async function readFrom(port: number, name: string, offset: number): Promise<Buffer> {
  const client = await NbdClient.open(port);
  try {
    await client.go(name);
    client.request(0, offset, 20, { flags: 4 });
    const [first] = await client.readChunks();
    return first?.data.subarray(8) ?? Buffer.alloc(0);
  } finally {
    client.close();
  }
}
