import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ProcessOptions, type ProcessResult, runProcess } from './support/cli-process.ts';
import { runInProcess } from './support/run-in-process.ts';

/** Every write to it fails for want of room: full(4). */
const fullDevice = '/dev/full';

const blockSizeBytes = 512 * 1024;
const env = { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE_FILE: 'passphrase' };
const signalItself = new URL('support/signal-itself.ts', import.meta.url).href;

describe('the command line, in real processes on a real vault', { timeout: 240_000 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapledger-cli-'));
    const disk = Buffer.concat([randomBytes(4 * blockSizeBytes), Buffer.alloc(4 * blockSizeBytes)]);
    await writeFile(join(folder, 'disk.img'), disk);
    await writeFile(join(folder, 'passphrase'), 'correct horse\n', { mode: 0o600 });
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function run(line: string, options: Partial<ProcessOptions> = {}): Promise<ProcessResult> {
    return runProcess(line.split(' '), { env, folder, ...options });
  }
  async function runDone(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await run(line);
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
    return stdout;
  }
  /** What only prepares or looks is asked in this process: it starts no other. */
  async function askDone(line: string): Promise<string> {
    const { exitCode, stdout, stderr } = await runInProcess(line.split(' '), { env, folder });
    assert.equal(exitCode, 0, `${line}: ${stderr}`);
    return stdout;
  }
  async function idsOf(line: string): Promise<readonly string[]> {
    const list = JSON.parse(await askDone(`${line} --json`)) as readonly { readonly id: string }[];
    return list.map(({ id }) => id);
  }

  it('backs up a disk and its changes, and restores both as they were', async () => {
    await runDone('init');
    await askDone('instance add web-1 --volume /dev/xvda=disk.img');
    await askDone('policy set web-1 --keep-snapshots 1');
    const first = await readFile(join(folder, 'disk.img'));
    assert.match(await runDone('backup web-1'), /this is the first image-level backup/);

    const disk = await open(join(folder, 'disk.img'), 'r+');
    await disk.write(randomBytes(100), 0, 100, 2 * blockSizeBytes);
    await disk.close();
    const second = await readFile(join(folder, 'disk.img'));
    assert.match(await runDone('backup web-1'), / read {6}1 block, 512\.0 KiB/);

    const points = await idsOf('points web-1');
    assert.equal(points.length, 2);
    for (const [index, expected] of [first, second].entries()) {
      const [id = ''] = points.slice(index);
      await runDone(`restore ${id.slice(0, 8)} --to restored-${index}`);
      const restored = await readFile(join(folder, `restored-${index}`, 'xvda.img'));
      assert.ok(restored.equals(expected), `point ${index} is the disk as it was`);
    }
    assert.match(await runDone('verify --deep'), /^2 points checked .*: sound\n$/);
  });

  it('keeps the CBT base against the count, and says why', async () => {
    await runDone('backup web-1 --snapshot-only');
    const chain = await askDone('snapshots web-1');
    assert.match(chain.replaceAll(/\s+/g, ' '), /stays CBT base: .* although no rule keeps it/);
    assert.equal((await idsOf('snapshots web-1')).length, 2);
  });

  it('answers a wrong passphrase, a folder that is no vault, and an image that is there', async () => {
    const wrong = await run('points', {
      env: { SNAPLEDGER_VAULT: 'vault', SNAPLEDGER_PASSPHRASE: 'battery staple' },
    });
    assert.equal(wrong.exitCode, 1);
    assert.doesNotMatch(wrong.stderr, /battery|^\s+at /m);
    await mkdir(join(folder, 'plain'));
    assert.equal((await run('sessions --vault plain')).exitCode, 1);
    const [point = ''] = await idsOf('points');
    const taken = await run(`restore ${point} --to restored-0`);
    assert.equal(taken.exitCode, 1);
    assert.match(taken.stderr, /exists already\n.*--overwrite/);
    await writeFile(join(folder, 'a-file'), 'of somebody');
    const ontoFile = await run(`restore ${point} --to a-file`);
    assert.equal(ontoFile.exitCode, 1);
    assert.match(ontoFile.stderr, /a-file' is a file, and images are restored into a folder\n/);
  });

  it('counts what a restore reads in blocks and in bytes', async () => {
    const [point = ''] = await idsOf('points');
    const { blocksRead, bytesRead } = JSON.parse(
      await runDone(`restore ${point} --to counted --json`),
    ) as { readonly blocksRead: number; readonly bytesRead: number };
    assert.deepEqual({ blocksRead, bytesRead }, { blocksRead: 4, bytesRead: 4 * blockSizeBytes });
  });

  it('takes a reader that goes away (| head) for no error', async () => {
    const [session = ''] = await idsOf('sessions');
    const { exitCode, stderr } = await run(`replay ${session} --json`, {
      watch: ({ stdout }) => stdout?.destroy(),
    });
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
  });

  it('says on a full device that a backup is done although its result cannot be shown', async (t) => {
    if (!existsSync(fullDevice)) {
      t.skip('there is no device here that is always full');
      return;
    }
    const before = await idsOf('points web-1');
    const { exitCode, stderr } = await run('backup web-1', { outputPath: fullDevice });
    assert.equal(exitCode, 3, stderr);
    assert.match(
      stderr,
      /^snapledger: warning: image-level backup [0-9a-f]{8} of web-1 has ended: done, but the result cannot be written: .*ENOSPC/m,
    );
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.equal((await idsOf('points web-1')).length, before.length + 1);
  });

  it('fails with a sentence when a list cannot be written to a full device', async (t) => {
    if (!existsSync(fullDevice)) {
      t.skip('there is no device here that is always full');
      return;
    }
    const [session = ''] = await idsOf('sessions');
    for (const line of ['points', 'points --json', 'help', `replay ${session}`, 'verify']) {
      const { exitCode, stderr } = await run(line, { outputPath: fullDevice });
      assert.equal(exitCode, 1, line);
      assert.match(stderr, /the result cannot be written: .*ENOSPC/, line);
      assert.doesNotMatch(stderr, /^\s+at /m, line);
    }
  });

  it('cancels cleanly on the first SIGINT', async () => {
    await writeFile(join(folder, 'another.img'), randomBytes(8 * blockSizeBytes));
    await askDone('instance add web-2 --volume /dev/xvda=another.img');
    await askDone('policy set web-2');
    const { exitCode, stderr } = await run('backup web-2', { env: signalledAtBegin('SIGINT') });
    assert.equal(exitCode, 1);
    assert.match(stderr, /cancelling: .*\n(.*\n)*snapledger: cancelled\n/);
    assert.match(await askDone('sessions web-2'), /cancelled\n$/);
    assert.match(await runDone('resume'), /^nothing to resume\n$/);
  });

  it('goes on with a backup whose program was killed', async () => {
    await run('backup web-2', { env: signalledAtBegin('SIGKILL') });
    assert.match(await askDone('sessions web-2'), /interrupted\n\n.*snapledger resume/);
    assert.deepEqual(await idsOf('points web-2'), []);
    assert.match(await runDone('resume web-2'), /^image-level backup of web-2: done/);
    assert.equal((await idsOf('points web-2')).length, 1);
  });
});

/** The program gets it when it has said that the session began, before it does anything more. */
function signalledAtBegin(signal: NodeJS.Signals): Readonly<Record<string, string>> {
  return {
    ...env,
    NODE_OPTIONS: `--import ${signalItself}`,
    SIGNAL_ITSELF: signal,
    SIGNAL_ITSELF_AFTER: ' began',
  };
}
