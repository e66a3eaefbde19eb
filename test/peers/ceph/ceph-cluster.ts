import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Waits for one daemon; the whole cluster is up in about 15 s on an idle machine. */
const patienceMs = 90_000;
const pollMs = 250;

/** A real Ceph, of the packages of the distribution, with its S3 gateway; on loopback, in memory. */
export interface CephCluster extends AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts one monitor, one OSD that keeps its data in memory, and the gateway, each a process of
 * ours that ends with the cluster. Authentication stays on: without it the gateway hangs for five
 * minutes at its start.
 */
export async function startCephCluster(): Promise<CephCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-ceph-'));
  const daemons: ChildProcess[] = [];
  try {
    const config = await writeConfig(folder);
    const ceph = cephCommand(config.path);
    await startMonitor(folder, config, daemons);
    await until('the monitor', async () => (await ceph('status')).includes('cluster:'));
    await startOsd(folder, config, ceph, daemons);
    await until('the OSD', async () => (await ceph('osd', 'stat')).includes('1 up'));
    const endpoint = await startGateway(folder, config, ceph, daemons);
    await until('the gateway', async () => (await fetch(endpoint)).ok);
    const credentials = { accessKeyId: 'TESTONLYTESTONLY', secretAccessKey: randomUUID() };
    await createUser(config.path, credentials);
    return { endpoint, credentials, [Symbol.asyncDispose]: () => stop(folder, daemons) };
  } catch (error) {
    const logs = await logTails(folder);
    await stop(folder, daemons);
    throw new Error(`no Ceph could be started: ${String(error)}\n${logs}`, { cause: error });
  }
}

interface CephConfig {
  readonly path: string;
  readonly fsid: string;
  readonly monitor: string;
}

async function writeConfig(folder: string): Promise<CephConfig> {
  const fsid = randomUUID();
  const monitor = `[v2:127.0.0.1:${await freePort()},v1:127.0.0.1:${await freePort()}]`;
  const path = join(folder, 'ceph.conf');
  const settings = {
    fsid,
    'mon host': monitor,
    keyring: join(folder, '$name.keyring'),
    'mon data': join(folder, '$name'),
    'osd data': join(folder, '$name'),
    'run dir': folder,
    'admin socket': join(folder, '$name.asok'),
    'pid file': join(folder, '$name.pid'),
    'log file': join(folder, '$name.log'),
    'mon cluster log file': join(folder, 'cluster.log'),
    'public addr': '127.0.0.1',
    'mon allow pool size one': 'true',
    'mon max pg per osd': '2000',
    'mon data avail crit': '1',
    'osd pool default size': '1',
    'osd pool default min size': '1',
    'osd pool default pg num': '4',
    'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': '0',
    'osd objectstore': 'memstore',
    'memstore device bytes': String(2 * 1024 ** 3),
    'rgw dns name': '127.0.0.1',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  await writeFile(path, `[global]\n${lines.join('\n')}\n`);
  return { path, fsid, monitor };
}

type CephCommand = (...words: readonly string[]) => Promise<string>;

/** The administrator's command line. */
function cephCommand(config: string): CephCommand {
  return async (...words) => {
    const { stdout } = await run('ceph', ['-c', config, '--connect-timeout', '5', ...words]);
    return stdout;
  };
}

async function startMonitor(
  folder: string,
  { path, fsid, monitor }: CephConfig,
  daemons: ChildProcess[],
): Promise<void> {
  const keyring = join(folder, 'mon.a.keyring');
  const admin = join(folder, 'client.admin.keyring');
  const map = join(folder, 'monmap');
  await run('ceph-authtool', ['-C', keyring, '-g', '-n', 'mon.', '--cap', 'mon', 'allow *']);
  const caps = ['mon', 'osd', 'mgr'].flatMap((daemon) => ['--cap', daemon, 'allow *']);
  await run('ceph-authtool', ['-C', admin, '-g', '-n', 'client.admin', ...caps]);
  await run('ceph-authtool', [keyring, '--import-keyring', admin]);
  await run('monmaptool', ['--create', '--addv', 'a', monitor, '--fsid', fsid, map]);
  await mkdir(join(folder, 'mon.a'));
  const identity = ['-i', 'a', '-c', path];
  await run('ceph-mon', ['--mkfs', ...identity, '--monmap', map, '--keyring', keyring]);
  await startDaemon(folder, daemons, 'ceph-mon', ['-f', ...identity]);
}

async function startOsd(
  folder: string,
  { path }: CephConfig,
  ceph: CephCommand,
  daemons: ChildProcess[],
): Promise<void> {
  const uuid = randomUUID();
  await ceph('osd', 'new', uuid, '0');
  await mkdir(join(folder, 'osd.0'));
  const identity = ['-i', '0', '-c', path];
  const keyring = join(folder, 'osd.0.keyring');
  await run('ceph-authtool', ['-C', keyring, '-g', '-n', 'osd.0']);
  const caps = ['osd', 'allow *', 'mon', 'allow profile osd'];
  await ceph('auth', 'add', 'osd.0', ...caps, '-i', keyring);
  await run('ceph-osd', ['--mkfs', ...identity, '--osd-uuid', uuid]);
  await startDaemon(folder, daemons, 'ceph-osd', ['-f', ...identity]);
}

async function startGateway(
  folder: string,
  { path }: CephConfig,
  ceph: CephCommand,
  daemons: ChildProcess[],
): Promise<string> {
  const port = await freePort();
  const keyring = join(folder, 'client.rgw.a.keyring');
  const caps = ['mon', 'allow rw', 'osd', 'allow rwx'];
  await ceph('auth', 'get-or-create', 'client.rgw.a', ...caps, '-o', keyring);
  const frontend = `--rgw-frontends=beast endpoint=127.0.0.1:${port}`;
  await startDaemon(folder, daemons, 'radosgw', ['-f', '-n', 'client.rgw.a', '-c', path, frontend]);
  return `http://127.0.0.1:${port}`;
}

async function createUser(
  config: string,
  { accessKeyId, secretAccessKey }: CephCluster['credentials'],
): Promise<void> {
  const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
  const user = ['--uid', 'backup', '--display-name', 'backup'];
  await run('radosgw-admin', [
    '-c',
    config,
    '-n',
    'client.admin',
    'user',
    'create',
    ...user,
    ...keys,
  ]);
}

async function startDaemon(
  folder: string,
  daemons: ChildProcess[],
  program: string,
  words: readonly string[],
): Promise<void> {
  const output = await open(join(folder, `${program}.output`), 'a');
  const daemon = spawn(program, words, { stdio: ['ignore', output.fd, output.fd] });
  daemons.push(daemon);
  await once(daemon, 'spawn');
  await output.close();
}

/** Asks again until it is true; an answer that is an error counts as not yet. */
async function until(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs;
  let last: unknown = 'no answer';
  while (Date.now() < end) {
    try {
      if (await isThere()) return;
    } catch (error) {
      last = error;
    }
    await sleep(pollMs);
  }
  throw new Error(`${what} did not come up within ${patienceMs} ms: ${String(last)}`);
}

async function stop(folder: string, daemons: readonly ChildProcess[]): Promise<void> {
  // in memory only: nothing is worth an orderly end
  for (const daemon of daemons.toReversed()) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
    const exited = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
}

async function logTails(folder: string): Promise<string> {
  const tails: string[] = [];
  for (const program of ['ceph-mon', 'ceph-osd', 'radosgw']) {
    try {
      const text = await readFile(join(folder, `${program}.output`), 'utf8');
      tails.push(`${program}: ${text.slice(-500)}`);
    } catch (error) {
      tails.push(`${program}: no output (${String(error)})`);
    }
  }
  return tails.join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return address.port;
}
