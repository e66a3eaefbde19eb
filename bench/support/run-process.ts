import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { MemorySampler, usualSampleEveryMs } from './memory-sampler.ts';

export interface ProcessRun {
  readonly seconds: number;
  /** Highest sum of the memory of the process and of those that belong to it; see MemorySampler. */
  readonly peakMib: number;
  readonly stdout: string;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Processes with this text on their command line count as belonging to it (detached workers). */
  readonly belongs?: string;
  /** How often its memory is looked at: what is done quickly has to be looked at more often. */
  readonly sampleEveryMs?: number;
}

/**
 * Runs a program to its end and measures it from outside. It begins with nothing left to be written to
 * disk of what ran before, whose time that would be.
 *
 * @throws when it fails
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  {
    env = {},
    cwd = process.cwd(),
    belongs,
    sampleEveryMs = usualSampleEveryMs,
  }: ProcessOptions = {},
): Promise<ProcessRun> {
  await promisify(execFile)('sync');
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const sampler = new MemorySampler(child.pid ?? 0, belongs, sampleEveryMs);
  const captured = Promise.all([text(child.stdout), text(child.stderr)]);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const peakMib = sampler.stop();
  const [stdout, stderr] = await captured;
  if (exitCode !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
  }
  return { seconds, peakMib, stdout };
}
