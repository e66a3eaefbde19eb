import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface EndedProgram {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** A folder for compiled code: loading is most of what a program costs that runs many times. */
  readonly compileCache?: string;
}

/** Runs a program of this folder in a process of its own until it ends. */
export async function runProgram(
  name: string,
  programArguments: readonly string[],
  options: RunOptions = {},
): Promise<EndedProgram> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(process.execPath, [program, ...programArguments], {
    env: { ...process.env, ...cacheFor(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null,
  ]);
  return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
}

function cacheFor({ compileCache }: RunOptions): NodeJS.ProcessEnv {
  return compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache };
}
