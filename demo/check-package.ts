/**
 * What a user gets: the packed tarball, installed in an empty folder, has to do a backup and a
 * restore by its command and be importable as a library, whole or with ports of one's own.
 */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';
import { sha256Of } from './disk-image.ts';

const folder = await mkdtemp(join(tmpdir(), 'snapledger-package-'));
try {
  await checkPackage(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function checkPackage(target: string): Promise<void> {
  await must('npm', ['pack', '--pack-destination', target]);
  const tarball = (await readdir(target)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  await writeFile(join(target, 'package.json'), '{ "name": "user", "type": "module" }\n');
  const packed = join(target, tarball);
  await must('npm', [
    'install',
    '--prefix',
    target,
    '--no-audit',
    '--no-fund',
    packed,
    'fast-check',
  ]);

  const disk = join(target, 'disk.img');
  await writeFile(disk, randomBytes(3 * 1024 * 1024));
  const env = { SNAPLEDGER_VAULT: join(target, 'vault'), SNAPLEDGER_PASSPHRASE: 'packed' };
  const command = join(target, 'node_modules', 'snapledger', 'bin', 'snapledger.js');
  const snapledger = (...args: readonly string[]): Promise<string> =>
    must(process.execPath, [command, ...args], env);

  await snapledger('init');
  await snapledger('instance', 'add', 'web-1', '--volume', `/dev/xvda=${disk}`);
  await snapledger('policy', 'set', 'web-1', '--keep-snapshots', '2', '--image');
  await copyFile(disk, `${disk}.then`);
  await snapledger('backup', 'web-1');
  const points = JSON.parse(await snapledger('points', 'web-1', '--json')) as { id: string }[];
  await snapledger('restore', points[0]?.id ?? '', '--to', join(target, 'restored'));
  const restored = await sha256Of(join(target, 'restored', 'xvda.img'));
  if (restored !== (await sha256Of(`${disk}.then`))) throw new Error('the restored disk differs');

  await checkWorkerBundle(target);
  await checkOwnFormat(target);

  const exported = join(target, 'ledger.jsonl');
  await snapledger('audit', 'export', '--to', exported);
  const key = (await snapledger('audit', 'key')).trim();
  const verifier = join(target, 'node_modules', 'snapledger', 'bin', 'snapledger-verify.mjs');
  await must(process.execPath, [verifier, '--key', key, exported]);

  const script = join(target, 'embed.js');
  await writeFile(
    script,
    `import { openVault } from 'snapledger';
const vault = await openVault({ folder: ${JSON.stringify(env.SNAPLEDGER_VAULT)}, passphrase: async () => 'packed' });
console.log((await Array.fromAsync(vault.engine.listPoints())).length);
await vault.close();
`,
  );
  const embedded = await must(process.execPath, [script]);
  if (embedded.trim() !== '1') throw new Error(`the library listed '${embedded.trim()}' points`);
  await checkOwnPorts(target, disk);
  console.log(
    'the packed tarball installs, backs up, restores, takes a format, proves its record and embeds',
  );
}

/** What workers on EC2 run has to be in the package, and to need nothing but Node. */
async function checkWorkerBundle(target: string): Promise<void> {
  const folder = join(target, 'worker');
  await mkdir(folder);
  const bundle = join(target, 'node_modules', 'snapledger', 'dist', 'worker-bundle.tar.gz');
  await must('tar', ['-xzf', bundle, '-C', folder]);
  const worker = [join(folder, 'worker.js'), '--instance', join(target, 'no-instance')];
  const { exitCode, stdout } = await runCommand(process.execPath, worker, { output: 'capture' });
  if (exitCode === 2 && stdout.includes('cannot start')) return;
  throw new Error(`the bundle of the worker ended with ${exitCode}: ${stdout}`);
}

/** A program with ports of its own is put together from the package alone, and so are its types. */
async function checkOwnPorts(target: string, disk: string): Promise<void> {
  const folder = join(target, 'own-ports');
  await mkdir(folder);
  const example = await readFile(new URL('own-ports.ts', import.meta.url), 'utf8');
  await writeFile(
    join(folder, 'own-ports.ts'),
    example.replaceAll('../src/index.ts', 'snapledger'),
  );
  const program = join(folder, 'main.ts');
  await writeFile(
    program,
    `import { type DeviceName, type InstanceId, type PolicyId, type TimestampMs, defaultPolicy } from 'snapledger';
import { openHost } from './own-ports.ts';
const instanceId = 'web-1' as InstanceId;
const now = (): TimestampMs => Date.now() as TimestampMs;
await using host = await openHost({ folder: ${JSON.stringify(folder)}, passphrase: 'packed', now });
const volumes = [{ device: '/dev/xvda' as DeviceName, imagePath: ${JSON.stringify(disk)} }];
await host.cloud.addInstance({ instanceId, volumes });
const usual = defaultPolicy('own' as PolicyId, [instanceId]);
await host.engine.setPolicy({ ...usual, image: { ...usual.image, level: 'on' } });
const running = await host.engine.startBackup({ instanceId });
console.log((await running.ended).status);
`,
  );
  const result = (await must(process.execPath, [program])).trim();
  if (result !== 'succeeded') throw new Error(`with ports of its own a backup has ${result}`);
  const types = fileURLToPath(new URL('../node_modules/@types', import.meta.url));
  const settings = {
    compilerOptions: {
      ...{ target: 'es2025', module: 'nodenext', strict: true, noEmit: true },
      ...{ allowImportingTsExtensions: true, exactOptionalPropertyTypes: true },
      ...{ lib: ['es2025', 'esnext.array', 'esnext.disposable'], types: ['node'] },
      typeRoots: [types],
    },
    files: ['main.ts'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  await must(process.execPath, [compiler, '--project', folder]);
}

/** Somebody else's storage format passes the suite of the package, and is plugged in. */
async function checkOwnFormat(target: string): Promise<void> {
  const folder = join(target, 'plain-format');
  await mkdir(folder);
  const example = new URL('plain-format/', import.meta.url);
  for (const name of await readdir(example)) {
    const source = await readFile(new URL(name, example), 'utf8');
    await writeFile(
      join(folder, name),
      source.replaceAll('../../src/format.ts', 'snapledger/format'),
    );
  }
  const suite = join(folder, 'plain-format.test.ts');
  await writeFile(
    suite,
    `import { storageFormatConformance } from 'snapledger/conformance';
import { plainFormat } from './plain-format.ts';
storageFormatConformance('the plain format', async () => ({ format: plainFormat }));
`,
  );
  await must(process.execPath, ['--test', suite]);

  const command = join(target, 'node_modules', 'snapledger', 'bin', 'snapledger.js');
  const env = {
    SNAPLEDGER_VAULT: join(target, 'plain-vault'),
    SNAPLEDGER_PASSPHRASE: 'packed',
    SNAPLEDGER_FORMATS: join(folder, 'plain-format.ts'),
  };
  const disk = join(target, 'disk.img');
  for (const args of [
    ['init', '--format', 'plain', '--unencrypted'],
    ['instance', 'add', 'web-1', '--volume', `/dev/xvda=${disk}`],
    ['policy', 'set', 'web-1', '--keep-snapshots', '2', '--image'],
    ['backup', 'web-1'],
    ['verify', '--deep'],
  ]) {
    await must(process.execPath, [command, ...args], env);
  }
}

async function must(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { exitCode, stdout } = await runCommand(program, args, { output: 'capture', env });
  if (exitCode !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${stdout}`);
  }
  return stdout;
}
