import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const compileCache = path.join(os.tmpdir(), 'snapledger-test-compile-cache');

export interface EndedProgram {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this folder in a process of its own until it ends. */
export async function runProgram(
  name: string,
  programArguments: readonly string[],
): Promise<EndedProgram> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [program, ...programArguments], {
    // Loading TypeScript is most of what a short program costs.
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null,
  ]);
  return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
}
