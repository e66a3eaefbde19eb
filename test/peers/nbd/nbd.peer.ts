import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { launcher } from '../../cli/support/cli-process.ts';
import { createVault } from '../../../src/vault/create-vault.ts';
import { createTestVault } from '../../support/vault/create-test-vault.ts';
import { flipBit, noise, sha256OfFile } from '../../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../../support/vault/temporary-folder.ts';

const run = promisify(execFile);
const whyNoMount =
  process.getuid?.() === 0 && existsSync('/dev/fuse')
    ? false
    : 'only root may mount, with /dev/fuse';
const mib = 1024 * 1024;

/*
 * Points, read by the programs that people have: qemu-img, libnbd's tools, and debugfs of e2fsprogs.
 * A point in each format, of an ext4 disk that was changed after its first backup.
 */
for (const storage of ['strata', 'qcow2'] as const)
  describe(`a served point in ${storage}, and an exported one`, { timeout: 240_000 }, () => {
    let temporary: TemporaryFolder;
    let folder = '';
    let disk = '';
    let point = '';
    let server: ChildProcess;
    let uri = '';
    const secretFile = noise('a file within the file system', 3 * mib);
    const env = { ...process.env, SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'peers' };

    const snapledger = async (...argv: readonly string[]): Promise<string> =>
      (await run(process.execPath, [launcher, ...argv], { cwd: folder, env })).stdout;
    const tool = async (program: string, ...argv: readonly string[]): Promise<string> =>
      (await run(program, [...argv], { cwd: folder, maxBuffer: 16 * mib })).stdout;

    const serve = async (): Promise<{ readonly child: ChildProcess; readonly uri: string }> => {
      const argv = [launcher, 'serve', point, '--nbd', '127.0.0.1:0', '--json'];
      const child = spawn(process.execPath, argv, {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
        printed += text;
        if (printed.endsWith('}\n')) break;
      }
      const { exports } = JSON.parse(printed) as { exports: readonly { uri: string }[] };
      return { child, uri: exports[0]?.uri ?? '' };
    };
    const stop = async (child: ChildProcess): Promise<void> => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const hung = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(hung);
    };

    before(async () => {
      temporary = await makeTemporaryFolder();
      folder = temporary.path;
      disk = join(folder, 'disk.img');
      await mkdir(join(folder, 'content', 'etc'), { recursive: true });
      await writeFile(join(folder, 'content', 'etc', 'secret.bin'), secretFile);
      await writeFile(join(folder, 'content', 'etc', 'fstab'), '/dev/xvda / ext4 defaults 0 1\n');
      await tool('mke2fs', '-q', '-t', 'ext4', '-d', 'content', disk, '96M');
      const vault = { folder: join(folder, 'vault'), passphrase: 'peers' };
      if (storage === 'strata') await createTestVault(vault);
      else await createVault({ ...vault, format: storage });
      await snapledger('instance', 'add', 'web-1', '--volume', '/dev/xvda=disk.img');
      await snapledger('policy', 'set', 'web-1', '--keep-snapshots', '1');
      await snapledger('backup', 'web-1');
      const file = await open(disk, 'r+');
      await file.write(noise('written later', 700_000), 0, 700_000, 60 * mib);
      await file.write(Buffer.alloc(mib), 0, mib, 70 * mib);
      await file.close();
      await snapledger('backup', 'web-1');
      const points = JSON.parse(await snapledger('points', 'web-1', '--json')) as { id: string }[];
      point = points.at(-1)?.id ?? '';
      ({ child: server, uri } = await serve());
    });
    after(async () => {
      await stop(server);
      await temporary[Symbol.asyncDispose]();
    });

    it('is described by nbdinfo and qemu-img', async () => {
      const listed = JSON.parse(await tool('nbdinfo', '--json', uri)) as {
        readonly protocol: string;
        readonly structured: boolean;
        readonly exports: readonly Readonly<Record<string, unknown>>[];
      };
      assert.equal(listed.protocol, 'newstyle-fixed');
      assert.equal(listed.structured, true);
      const [only] = listed.exports;
      assert.equal(only?.['export-size'], 96 * mib);
      assert.equal(only['is_read_only'], true);
      assert.equal(only['can_multi_conn'], true);
      assert.deepEqual(only['contexts'], ['base:allocation']);
      assert.equal(only['block_size_preferred'], 512 * 1024);
      assert.match(await tool('nbdinfo', '--list', uri.replace(/\/xvda$/, '')), /export="xvda"/);
      const info = JSON.parse(await tool('qemu-img', 'info', '--output=json', uri)) as Readonly<
        Record<string, unknown>
      >;
      assert.equal(info['virtual-size'], 96 * mib);
    });

    it('is the disk for qemu-img compare, convert and map', async () => {
      await tool('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', disk, uri);
      await tool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', uri, 'converted.qcow2');
      await tool('qemu-img', 'compare', '-f', 'raw', disk, 'converted.qcow2');
      const map = JSON.parse(await tool('qemu-img', 'map', '--output=json', '-f', 'raw', uri)) as {
        start: number;
        length: number;
        data: boolean;
        zero: boolean;
      }[];
      assert.equal(
        map.reduce((sum, { length }) => sum + length, 0),
        96 * mib,
      );
      assert.ok(
        map.some(({ data, zero }) => !data && zero),
        'what was never written is told',
      );
      const kinds = await tool('nbdinfo', '--map', uri);
      assert.match(kinds, /0\s+data/);
      assert.match(kinds, /3\s+hole,zero/);
    });

    it('is copied by nbdcopy over several connections', async () => {
      await tool('nbdcopy', '--connections=4', '--requests=64', uri, 'copied.img');
      assert.equal(await sha256OfFile(join(folder, 'copied.img')), await sha256OfFile(disk));
    });

    it('gives one file out of its file system', async () => {
      await tool('nbdcopy', uri, 'disk-of-point.img');
      await tool('debugfs', '-R', 'dump /etc/secret.bin secret.bin', 'disk-of-point.img');
      assert.ok((await readFile(join(folder, 'secret.bin'))).equals(secretFile));
    });

    it('gives one file without a copy of the disk, by nbdfuse', { skip: whyNoMount }, async () => {
      await mkdir(join(folder, 'point'));
      const mounted = spawn('nbdfuse', ['point', uri], { cwd: folder, stdio: 'ignore' });
      const ended = new Promise((resolve) => mounted.once('exit', resolve));
      try {
        for (let looks = 0; (await readdir(join(folder, 'point'))).length === 0; looks += 1) {
          assert.ok(looks < 100, 'nbdfuse shows the disk');
          await sleep(50);
        }
        await tool('debugfs', '-R', 'dump /etc/fstab fstab', 'point/nbd');
        assert.match(await readFile(join(folder, 'fstab'), 'utf8'), /^\/dev\/xvda \/ ext4/);
      } finally {
        await tool('umount', 'point');
        await ended;
      }
    });

    for (const format of ['raw', 'qcow2', 'vhd'] as const) {
      it(`is exported as ${format}, which qemu-img finds sound and the same`, async () => {
        const driver = format === 'vhd' ? 'vpc' : format;
        await snapledger('export', point, '--format', format, '--to', `disk.${format}`);
        const info = JSON.parse(
          await tool('qemu-img', 'info', '-f', driver, '--output=json', `disk.${format}`),
        ) as Readonly<Record<string, unknown>>;
        assert.equal(info['virtual-size'], 96 * mib);
        if (format === 'qcow2') {
          assert.match(
            await tool('qemu-img', 'check', '-f', 'qcow2', `disk.${format}`),
            /No errors/,
          );
        }
        const compared = ['compare', '-f', 'raw', '-F', driver, disk, `disk.${format}`];
        assert.match(await tool('qemu-img', ...compared), /identical/);
      });
    }

    it('is refused to whoever would write', async () => {
      await assert.rejects(tool('qemu-io', '-f', 'raw', '-c', 'write 0 4096', uri));
    });

    it('is an error for them where it is damaged, and never zeros', async () => {
      await stop(server);
      const packs = join(folder, 'vault', 'repository', 'packs');
      for (const name of await readdir(packs, { recursive: true, withFileTypes: true })) {
        if (!name.isFile()) continue;
        const path = join(name.parentPath, name.name);
        const { length } = await readFile(path);
        if (length > mib) await flipBit(path, Math.floor(length / 2));
      }
      ({ child: server, uri } = await serve());
      await rm(join(folder, 'hurt.img'), { force: true });
      await assert.rejects(tool('nbdcopy', uri, 'hurt.img'), /Input\/output error/);
      await assert.rejects(tool('qemu-img', 'convert', '-f', 'raw', '-O', 'raw', uri, 'hurt2.img'));
      await assert.rejects(snapledger('export', point, '--format', 'raw', '--to', 'hurt3.img'));
      await assert.rejects(readFile(join(folder, 'hurt3.img')), { code: 'ENOENT' });
      assert.ok((await readdir(folder)).includes('hurt3.img.damaged'));
    });
  });
