/**
 * What a full backup and an increment of 160 scattered blocks spend processor time on: the samples of `perf` in engine
 * and worker, by what is done. Needs perf, and to be allowed to look at the whole machine (root).
 *
 *     node bench/where-time-goes.ts FILE [FOLDER]
 *
 * FILE is copied, because the increment changes it. Prints shares in percent of all samples of the session. Those of
 * the snapshots, which on EC2 EBS makes, are not among them: threads of the engine that scan disks.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { snapledgerOn } from './support/snapledger-on.ts';
import { changeScatteredBlocks } from './support/test-image.ts';

const run = promisify(execFile);
const [path, parent = tmpdir()] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: where-time-goes.ts FILE [FOLDER]');

/** What the threads are called that read disks for snapshots. */
const scanThread = 'scanner';

/** The first that fits counts. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['zstd', /ZSTD|HUF_|FSE_|HIST_/i],
  ['SHA-256', /sha256/i],
  ['AES-256-GCM', /aes|gcm|ghash/i],
  ['Argon2id', /argon|blake2/i],
  ['moving and comparing memory', /mem(cpy|move|cmp|set)|copy_(to|from)_iter|rep_movs|clear_page/i],
  ['files and memory in the kernel', /\[kernel|\.ko\b/],
  ['collecting garbage', /Mark(ing|er)|Scaveng|Sweep|Evacuat/],
];

/** Every process that works on the vault, from its start to its end. */
function watchProcesses(vault: string): { stop(): ReadonlySet<string> } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (pid !== `${process.pid}` && environmentOf(pid).includes(vault)) seen.add(pid);
    }
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      return seen;
    },
  };
}

/** Of an engine the vault is in the environment, of a worker on the command line. */
function environmentOf(pid: string): string {
  try {
    return ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`)).join('');
  } catch {
    return '';
  }
}

async function shares(
  data: string,
  pids: ReadonlySet<string>,
): Promise<Readonly<Record<string, number>>> {
  const perf = spawn('perf', ['script', '-i', data, '-F', 'comm,pid,ip,sym,dso'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const samples = new Map<string, number>();
  let all = 0;
  for await (const line of createInterface({ input: perf.stdout })) {
    const found = /^\s*(?<thread>.+?)\s+(?<pid>\d+)\s+[0-9a-f]+ (?<symbol>.*)$/.exec(line)?.groups;
    const { thread = '', pid = '', symbol = '' } = found ?? {};
    if (!pids.has(pid) || thread === scanThread) continue;
    const kind = kinds.find(([, pattern]) => pattern.test(symbol))?.[0] ?? `other, ${thread}`;
    samples.set(kind, (samples.get(kind) ?? 0) + 1);
    all += 1;
  }
  const sorted = [...samples].toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(
    sorted.map(([kind, count]) => [kind, Math.round((1000 * count) / all) / 10] as const),
  );
}

const folder = await mkdtemp(join(parent, 'snapledger-profile-'));
try {
  const image = join(folder, 'disk.img');
  await run('cp', ['--sparse=always', path, image]);
  const vault = join(folder, 'vault');
  const snapledger = snapledgerOn(vault);
  await snapledger('init');
  await snapledger('instance', 'add', 'bench', '--volume', `/dev/xvda=${image}`);
  await snapledger('policy', 'set', 'bench', '--keep-snapshots', '1');
  for (const work of ['full', 'increment']) {
    const data = join(folder, `${work}.data`);
    const perf = spawn('perf', ['record', '-q', '-a', '-F', '999', '-o', data], {
      stdio: 'ignore',
    });
    const processes = watchProcesses(vault);
    await snapledger('backup', 'bench');
    perf.kill('SIGINT');
    await once(perf, 'exit');
    const shareOf = await shares(data, processes.stop());
    console.log(JSON.stringify({ bench: 'where-time-goes', work, percent: shareOf }));
    await changeScatteredBlocks(image, 160);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
