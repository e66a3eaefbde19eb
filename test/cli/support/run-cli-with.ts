import assert from 'node:assert/strict';
import type { CliDependencies } from '../../../src/cli/cli-dependencies.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import type { TimestampMs } from '../../../src/index.ts';
import { captured } from './captured-output.ts';
import { soundProof } from './fake-audit.ts';
import { type FakeVaultContent, fakeVault } from './fake-vault.ts';
import { fakeVaultKeys } from './fake-vault-keys.ts';
import { sampleFormat } from './sample-format.ts';

/** 2026-03-29T12:00:00Z. */
export const testNow = 1_774_785_600_000 as TimestampMs;

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly vault?: FakeVaultContent;
  readonly signal?: AbortSignal;
  /** What is typed on the terminal, in the chunks in which it arrives; null: there is none. */
  readonly keys?: readonly string[] | null;
  readonly stderr?: 'terminal' | 'pipe';
  readonly dependencies?: Partial<CliDependencies>;
}

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Passphrases that the vault was made or unlocked with. */
  readonly passphrases: readonly string[];
}

/** Runs one command line in this process, on a vault that is a fake unless told otherwise. */
export async function runCliWith(
  argv: readonly string[],
  options: CliRunOptions = {},
): Promise<CliRun> {
  const { keys = null, env = { SNAPLEDGER_VAULT: 'v', SNAPLEDGER_PASSPHRASE: 'secret' } } = options;
  const stdout = captured({ isTerminal: false });
  const stderr = captured({ isTerminal: options.stderr === 'terminal' });
  const passphrases: string[] = [];
  let echo: 'on' | 'off' = 'on';
  const exitCode = await runCli({
    argv,
    env,
    workingFolder: '/somewhere',
    version: '1.2.3',
    stdin: {
      isTerminal: keys !== null,
      withoutEcho: (_signal, read) => {
        echo = 'off';
        return read(typed(keys ?? []));
      },
    },
    stdout,
    stderr: {
      ...stderr,
      write: (text) => {
        if (/assphrase.*: $/.test(text)) assert.equal(echo, 'off', 'asked before echo was off');
        return stderr.write(text);
      },
    },
    signal: options.signal ?? new AbortController().signal,
    now: () => testNow,
    openVault: ({ passphrase, folder }) => {
      const vault = fakeVault(folder, options.vault ?? {});
      return Promise.resolve({
        ...vault,
        engine: {
          ...vault.engine,
          async *listPoints(filter) {
            passphrases.push(await passphrase());
            yield* vault.engine.listPoints(filter);
          },
        },
      });
    },
    createVault: ({ folder, passphrase }) => {
      passphrases.push(passphrase);
      return Promise.resolve({
        folder,
        eventStore: { kind: 'sqlite' },
        repository: { kind: 'filesystem', root: `${folder}/repository` },
        recoveryKey: 'SLRK1-MADE-UP',
        recoveryKeyTrouble: null,
        folderTrouble: null,
        cloud: { kind: 'local' },
        format: sampleFormat,
      });
    },
    vaultKeys: (asked) => {
      passphrases.push(asked.passphrase);
      return fakeVaultKeys();
    },
    recoverSets: ({ passphrase }) => {
      passphrases.push(passphrase);
      return Promise.resolve({ sets: [], replicas: [], untrusted: [] });
    },
    recoverVault: ({ passphrase }) => {
      passphrases.push(passphrase);
      return Promise.resolve({
        records: 42,
        sessions: 2,
        streams: 4,
        checkpoint: 'checkpoint',
        pointsWithoutSession: [],
        eventStore: { kind: 'sqlite' },
      });
    },
    exportRepository: async function* ({ format }) {
      yield* await Promise.resolve([`${format} of a repository\n`]);
    },
    verifyRepository: ({ passphrase }) => {
      passphrases.push(passphrase);
      return Promise.resolve(soundProof);
    },
    ...options.dependencies,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), passphrases };
}

async function* typed(keys: readonly string[]): AsyncIterable<string> {
  yield* await Promise.resolve(keys);
}
