/**
 * The main job on real input, with the command line as a person would use it: a disk is backed up,
 * changed, backed up again, restored at both points and compared; retention and the record of the
 * session are shown.
 *
 * `SNAPLEDGER_DEMO_MIB` sets the size of the disk (default 1024).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeDisk, makeDisk, sha256Of } from './disk-image.ts';
import { runCommand } from './run-command.ts';

const sizeMib = Number(process.env['SNAPLEDGER_DEMO_MIB'] ?? '1024');
const launcher = join(import.meta.dirname, '..', 'bin', 'snapledger.js');
const startedAt = performance.now();

const folder = await mkdtemp(join(tmpdir(), 'snapledger-demo-'));
try {
  await mainJob(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function mainJob(workFolder: string): Promise<void> {
  const disk = join(workFolder, 'disk.img');
  const env = {
    SNAPLEDGER_VAULT: join(workFolder, 'vault'),
    SNAPLEDGER_PASSPHRASE: 'only for this demo',
  };

  say(`A disk of ${sizeMib} MiB, filled with files of this machine`);
  const kind = await makeDisk(disk, sizeMib);
  const before = await sha256Of(disk);
  note(kind === 'ext4' ? 'an ext4 file system' : 'one partition (mkfs.ext4 is not here)');
  note(`SHA-256 ${before}`);

  say('A vault, and the disk as the volume of an instance');
  await snapledger(['init'], env);
  await snapledger(['instance', 'add', 'web-1', '--volume', `/dev/xvda=${disk}`], env);
  await snapledger(['policy', 'set', 'web-1', '--keep-snapshots', '2', '--image'], env);

  say('The first image-level backup reads everything that was ever written');
  await snapledger(['backup', 'web-1'], env);

  say('The disk changes');
  note(await changeDisk(disk, kind));
  const after = await sha256Of(disk);
  note(`SHA-256 ${after}`);
  if (after === before) throw new Error('the disk has not changed: nothing would be shown by it');

  say('Snapshots alone: the policy keeps 2, and the CBT base stays besides');
  for (let count = 0; count < 3; count += 1) {
    await snapledger(['backup', 'web-1', '--snapshot-only'], env);
  }
  await snapledger(['snapshots', 'web-1'], env);

  say('The second image-level backup reads only what changed since the first');
  await snapledger(['backup', 'web-1'], env);
  await snapledger(['snapshots', 'web-1'], env);
  await snapledger(['points', 'web-1'], env);

  say('Both points are restored and compared with the disk as it was');
  const points = await listIds(['points', 'web-1', '--json'], env);
  const hashes = [before, after];
  for (const [index, expected] of hashes.entries()) {
    const target = join(workFolder, `restored-${index}`);
    await snapledger(['restore', points[index] ?? '', '--to', target], env);
    const restored = await sha256Of(join(target, 'xvda.img'));
    if (restored !== expected) throw new Error(`point ${index + 1} differs: ${restored}`);
    note(`SHA-256 ${restored}: byte for byte the disk as it was`);
    await rm(target, { recursive: true });
  }

  say('Everything stored is read, decrypted and hashed');
  await snapledger(['verify', '--deep'], env);

  say('The record of the second backup, replayed');
  const sessions = await listIds(['sessions', 'web-1', '--json'], env, 'backup');
  await snapledger(['replay', sessions.at(-1) ?? ''], env);

  const seconds = (performance.now() - startedAt) / 1000;
  say(`Done in ${seconds.toFixed(1)} s: 2 points, both restored byte for byte`);
}

async function snapledger(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  console.log(`\n$ snapledger ${args.join(' ')}`);
  const command = [launcher, ...args];
  const { exitCode } = await runCommand(process.execPath, command, { output: 'show', env });
  if (exitCode !== 0) throw new Error(`snapledger ${args.join(' ')} ended with ${exitCode}`);
}

async function listIds(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  kind?: string,
): Promise<readonly string[]> {
  const command = [launcher, ...args];
  const { stdout } = await runCommand(process.execPath, command, { output: 'capture', env });
  const listed = JSON.parse(stdout) as readonly { readonly id: string; readonly kind?: string }[];
  return listed.filter((one) => kind === undefined || one.kind === kind).map(({ id }) => id);
}

function say(what: string): void {
  console.log(`\n== ${what}`);
}

function note(what: string): void {
  console.log(`   ${what}`);
}
