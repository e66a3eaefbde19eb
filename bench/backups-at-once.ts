/**
 * Several backups at once into one repository, by the command line, beside the same backups one after the other, each of
 * which has all processors, and beside the bare arithmetic of all of them.
 *
 *     node bench/backups-at-once.ts FILE [MIB_EACH] [ROUNDS]
 *
 * Instances with a disk of MIB_EACH (1,024) each, made of parts of FILE that hold something. In each round, full backups
 * into fresh vaults: by one program after the other; by two and four at once; by one program that runs a policy of
 * all. Prints medians for each instance. `seconds` are those of the commands, `transferSeconds` those from the completed
 * snapshots to the committed point: the sum of them, or, at once, from the first to the last.
 */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockSizeBytes } from '../src/domain/block-size.ts';
import { median } from './support/median-figures.ts';
import { runProcess } from './support/run-process.ts';
import { type Snapledger, snapledgerOn, transferTimes } from './support/snapledger-on.ts';

const [path, mibEach = '1024', rounds = '3'] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: backups-at-once.ts FILE [MIB_EACH] [ROUNDS]');
const blocksEach = (Number(mibEach) * 1024 * 1024) / blockSizeBytes;
const names = ['a', 'b', 'c', 'd'];
/** That of a policy that is not told otherwise. */
const effort = 'usual';

/** For each instance of one way to back up so many of them. */
interface Taken {
  readonly seconds: number;
  readonly transferSeconds: number;
}

async function oneAfterTheOther(vault: Vault): Promise<Taken> {
  const seconds = await secondsOf(async () => {
    for (const instance of vault.instances) await vault.snapledger('backup', instance);
  });
  const times = await transferTimes(vault.snapledger);
  const transferMs = times.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return perInstance(vault, seconds, transferMs);
}

async function atOnce(vault: Vault, backUp: () => Promise<unknown>): Promise<Taken> {
  const seconds = await secondsOf(backUp);
  const times = await transferTimes(vault.snapledger);
  const [first, last] = [
    Math.min(...times.map(({ fromMs }) => fromMs)),
    Math.max(...times.map(({ toMs }) => toMs)),
  ];
  return perInstance(vault, seconds, last - first);
}

function programsAtOnce(vault: Vault): Promise<Taken> {
  return atOnce(vault, () =>
    Promise.all(vault.instances.map((instance) => vault.snapledger('backup', instance))),
  );
}

function runOfPolicy(vault: Vault): Promise<Taken> {
  return atOnce(vault, () => vault.snapledger('policy', 'run', 'all'));
}

async function bareLoop({ instances, diskOf }: Vault): Promise<Taken> {
  const program = join(import.meta.dirname, 'bare-loop.ts');
  const seconds = await secondsOf(async () => {
    for (const name of instances) {
      await runProcess(process.execPath, [program, diskOf(name), effort]);
    }
  });
  return { seconds: seconds / instances.length, transferSeconds: seconds / instances.length };
}

const ways: readonly (readonly [string, number, (vault: Vault) => Promise<Taken>])[] = [
  ['bare loop', 4, bareLoop],
  ['one after the other', 4, oneAfterTheOther],
  ['programs at once', 2, programsAtOnce],
  ['programs at once', 4, programsAtOnce],
  ['run of a policy', 4, runOfPolicy],
];

interface Vault {
  readonly instances: readonly string[];
  readonly diskOf: (name: string) => string;
  readonly snapledger: Snapledger;
}

function perInstance({ instances }: Vault, seconds: number, transferMs: number): Taken {
  return {
    seconds: seconds / instances.length,
    transferSeconds: transferMs / 1000 / instances.length,
  };
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

async function makeVault(folder: string, count: number): Promise<Vault> {
  const instances = names.slice(0, count);
  const diskOf = (name: string): string => join(folder, `${name}.img`);
  const vault = join(folder, 'vault');
  await rm(vault, { recursive: true, force: true });
  const snapledger = snapledgerOn(vault);
  await snapledger('init');
  for (const name of instances) {
    await snapledger('instance', 'add', name, '--volume', `/dev/xvda=${diskOf(name)}`);
  }
  const policies = join(folder, 'policies.json');
  const all = {
    policyId: 'all',
    selection: { include: { kind: 'all' } },
    snapshots: { retention: { count: 2 } },
    image: {},
  };
  await writeFile(policies, JSON.stringify({ policies: [all] }));
  await snapledger('policy', 'apply', policies);
  return { instances, diskOf, snapledger };
}

/** Copies what is not zero of `file`, in turn, to a disk for each name. */
async function makeDisks(folder: string, file: string): Promise<void> {
  await using source = await open(file, 'r');
  const block = Buffer.alloc(blockSizeBytes);
  const zeros = Buffer.alloc(blockSizeBytes);
  for (const name of names) {
    await using disk = await open(join(folder, `${name}.img`), 'w');
    for (let index = 0; index < blocksEach;) {
      const { bytesRead } = await source.read(block);
      if (bytesRead < block.length) throw new Error(`${file} holds too little for such disks`);
      if (block.equals(zeros)) continue;
      await disk.write(block);
      index += 1;
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'snapledger-at-once-'));
try {
  await makeDisks(folder, path);
  const taken = ways.map((): Taken[] => []);
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [index, [, count, perform]] of ways.entries()) {
      taken[index]?.push(await perform(await makeVault(folder, count)));
    }
  }
  for (const [index, [way, count]] of ways.entries()) {
    const of = (pick: (one: Taken) => number): number =>
      Number(median((taken[index] ?? []).map(pick)).toFixed(2));
    const perInstance = {
      seconds: of((one) => one.seconds),
      transferSeconds: of((one) => one.transferSeconds),
    };
    console.log(JSON.stringify({ bench: 'backups-at-once', way, count, mibEach, perInstance }));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
