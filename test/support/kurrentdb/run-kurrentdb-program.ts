import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface EndedKurrentDbProgram {
  /** null: it was still running when its time was over, and was killed. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of `programs/` until it ends, at most for `limitMs`. */
export async function runKurrentDbProgram(
  name: string,
  programArguments: readonly string[] = [],
  limitMs = 30_000,
): Promise<EndedKurrentDbProgram> {
  const program = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const child = spawn(process.execPath, [program, ...programArguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { exitCode: child.exitCode, stdout, stderr };
}
