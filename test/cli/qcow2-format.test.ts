import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { canReadImages, qemuImg, unpackImages } from '../format/qcow2/qemu-img.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';
import { type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

const canRead = await canReadImages();

for (const format of ['qcow2', 'qcow2-plain'] as const) {
  describe(`a vault in the format ${format}`, { timeout: 240_000 }, () => {
    let temporary: TemporaryFolder;
    let folder = '';
    let disk = '';
    /** What the disk was at each backup, by its point. */
    const digests = new Map<string, string>();
    const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'correct horse' };
    before(async () => {
      temporary = await makeTemporaryFolder();
      folder = temporary.path;
      disk = join(folder, 'disk.img');
    });
    after(async () => {
      await temporary[Symbol.asyncDispose]();
    });
    const run = (...argv: readonly string[]): Promise<ProcessResult> =>
      runInProcess(argv, { env, folder });
    const succeed = async (...argv: readonly string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await run(...argv);
      assert.equal(exitCode, 0, `${argv.join(' ')}: ${stderr}${stdout}`);
      return stdout;
    };
    const points = async (): Promise<readonly string[]> =>
      (JSON.parse(await succeed('points', 'web-1', '--json')) as { id: string }[]).map(
        ({ id }) => id,
      );
    const backUp = async (): Promise<void> => {
      await succeed('backup', 'web-1');
      const newest = (await points()).at(-1);
      assert.ok(newest !== undefined);
      digests.set(newest, await sha256OfFile(disk));
    };
    const keepPoints = async (count: number): Promise<void> => {
      await writeFile(
        join(folder, 'policies.yaml'),
        `policies:
  - policyId: web
    selection: { include: { kind: instances, instanceIds: [web-1] } }
    snapshots: { retention: { count: 1 } }
    image: { retention: { count: ${count} } }
`,
      );
      await succeed('policy', 'apply', 'policies.yaml', '--yes');
    };
    const assertRestorable = async (): Promise<void> => {
      for (const id of await points()) {
        await succeed('restore', id, '--to', `restored-${id}`);
        const restored = join(folder, `restored-${id}`, 'xvda.img');
        assert.equal(await sha256OfFile(restored), digests.get(id));
        await rm(join(folder, `restored-${id}`), { recursive: true });
      }
    };

    it('is made, sealed unless it is accepted that it is not', async () => {
      if (format === 'qcow2-plain') {
        const refused = await run('init', '--format', format);
        assert.equal(refused.exitCode, 2);
        assert.match(refused.stderr, /does not encrypt: whoever reads[^]*--unencrypted/);
      }
      const accepted = format === 'qcow2-plain' ? ['--unencrypted'] : [];
      const made = await succeed('init', '--format', format, ...accepted);
      const words = format === 'qcow2' ? 'encrypted' : 'which does not encrypt';
      assert.ok(
        made.includes(`its storage format is ${format}: ${words}, whose points need`),
        made,
      );
    });

    it('backs up with workers that are processes: in full, and then what has changed', async () => {
      await makeDisk(disk, ['a', null, 'b', 'c', null, 'd']);
      await succeed('instance', 'add', 'web-1', '--volume', '/dev/xvda=disk.img');
      await keepPoints(4);
      const backup = await runProcess(['backup', 'web-1'], { env, folder });
      assert.equal(backup.exitCode, 0, backup.stderr);
      digests.set((await points())[0] ?? '', await sha256OfFile(disk));
      for (const block of [1, 2, 3]) {
        await writeBlock(disk, block, noise(`new ${block}`, blockSizeBytes));
        await backUp();
      }

      assert.equal((await points()).length, 4);
      await succeed('verify', '--deep');
      await succeed('verify', '--max-bytes', '100M');
      await assertRestorable();
    });

    it('keeps points that others need, until a merge lets them go', async () => {
      await keepPoints(2);
      await succeed('retention', 'run', 'web-1');
      const before = await points();
      assert.equal(before.length, 4, 'two are kept, and need the others');
      assert.match(await succeed('why', before[0] ?? ''), /cannot be read without it/);
      const [first = '', second = '', third = ''] = before.map((id) => id.slice(0, 8));
      const plan = await succeed('gc', 'merge', 'web-1', '--plan');
      assert.ok(plan.startsWith(`to be merged ${third} with ${second}, ${first}, about`), plan);

      const merged = await succeed('gc', 'merge', 'web-1');

      assert.match(merged, /merging: done/);
      assert.ok(merged.includes(`merged       ${third} with ${second}, ${first}, `), merged);
      assert.match(await succeed('gc', 'merge', 'web-1'), /no point stays only because/);
      await assertRestorable();
      await succeed('retention', 'run', 'web-1');
      assert.deepEqual(await points(), before.slice(2));
      await succeed('gc', 'run');
      await succeed('verify', '--deep');
      await assertRestorable();
      await writeBlock(disk, 4, noise('once more', blockSizeBytes));
      await backUp();
      await assertRestorable();
    });

    it('exports images of any format', async () => {
      const newest = (await points()).at(-1) ?? '';
      await succeed('export', newest, '--format', 'qcow2', '--to', 'exported.qcow2');
      if (!canRead) return;
      const image = join(folder, 'exported.qcow2');
      const compared = await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', disk, image);
      assert.match(compared, /identical/);
    });

    it('has images that other programs read, or that nobody can read', async () => {
      const repository = join(folder, 'vault', 'repository');
      const [older = '', newest = ''] = (await points()).slice(-2);
      const images = join(folder, 'images');
      await mkdir(images);
      const unpack = { repository, instanceId: 'web-1', pointId: newest, folder: images };
      if (format === 'qcow2') {
        if (canRead) await assert.rejects(unpackImages(unpack));
        return;
      }
      if (!canRead) return;
      await unpackImages(unpack);
      const files = (await readdir(images)).filter((name) => name.endsWith('.qcow2'));
      const image = files.find((name) => name.includes(newest));
      assert.ok(image !== undefined && files.some((name) => name.includes(older)));
      for (const name of files) {
        assert.match(await qemuImg('check', join(images, name)), /No errors were found/);
      }
      const compared = ['compare', '-f', 'raw', '-F', 'qcow2', disk, join(images, image)];
      assert.match(await qemuImg(...compared), /identical/);
    });

    it('can be rebuilt from its repository, with what merges have done', async () => {
      await rm(join(folder, 'vault', 'ledger.sqlite'));
      const accepted = format === 'qcow2-plain' ? ['--unencrypted'] : [];
      await succeed(
        'recover',
        '--repository',
        'vault/repository',
        '--vault',
        'another',
        ...accepted,
      );
      await succeed('recover', '--repository', 'vault/repository');
      await succeed('verify', '--deep');
      await assertRestorable();
      const [oldest = ''] = await points();
      assert.match(await succeed('why', oldest), /cannot be read without it/);
      await succeed('gc', 'merge', 'web-1');
      assert.match(await succeed('why', oldest), /Nothing keeps its data/);
    });
  });
}
