import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sharedCompileCache } from '../../support/shared-compile-cache.ts';

export const launcher = fileURLToPath(new URL('../../../bin/snapledger.js', import.meta.url));

/** One command line may take so long before the test gives up on it. */
const timeoutMs = 60_000;

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** A file or device that gets the standard output instead of the test. */
  readonly outputPath?: string;
  /** Sees the process and what it has printed, each time something came. */
  readonly watch?: (child: ChildProcess, printed: ProcessResult) => void;
}

/** Runs the real program in a process of its own. */
export function runProcess(
  argv: readonly string[],
  { env, folder, outputPath, watch }: ProcessOptions,
): Promise<ProcessResult> {
  const output = outputPath === undefined ? 'pipe' : openSync(outputPath, 'w');
  const child = spawn(process.execPath, [launcher, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...sharedCompileCache(), ...env },
    stdio: ['ignore', output, 'pipe'],
    timeout: timeoutMs,
  });
  if (typeof output === 'number') closeSync(output);
  let stdout = '';
  let stderr = '';
  const seen = (): void => watch?.(child, { exitCode: null, stdout, stderr });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    seen();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    seen();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, stdout, stderr });
    });
  });
}
