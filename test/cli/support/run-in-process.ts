import { formatFiles } from '../../../src/cli/formats/format-files.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { vaultAccess } from '../../../src/cli/vault-access.ts';
import { loadFormatPlugs, type TimestampMs } from '../../../src/index.ts';
import { createTestVault } from '../../support/vault/create-test-vault.ts';
import { captured } from './captured-output.ts';
import type { ProcessOptions, ProcessResult } from './cli-process.ts';

/**
 * Runs one command line on real vaults, as the program does, but in this process: words and exit codes
 * are the same, and nothing is loaded again. Vaults of the native format that it makes have a passphrase
 * that is cheap to try.
 * What the clients of AWS read of the environment is that of this process.
 */
export async function runInProcess(
  argv: readonly string[],
  { env, folder }: Pick<ProcessOptions, 'env' | 'folder'>,
): Promise<ProcessResult> {
  const access = vaultAccess(() => loadFormatPlugs(formatFiles(env, folder)));
  const stdout = captured({ isTerminal: false });
  const stderr = captured({ isTerminal: false });
  const exitCode = await runCli({
    argv,
    env,
    workingFolder: folder,
    version: '1.2.3',
    stdin: {
      isTerminal: false,
      withoutEcho: () => Promise.reject(new Error('there is no terminal to ask on')),
    },
    stdout,
    stderr,
    signal: new AbortController().signal,
    now: () => Date.now() as TimestampMs,
    ...access,
    createVault: (options) =>
      options.format === undefined ? createTestVault(options) : access.createVault(options),
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
