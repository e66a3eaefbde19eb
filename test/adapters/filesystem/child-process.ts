import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';

export interface TestChild extends AsyncDisposable {
  readonly pid: number;
  /** The next line that it writes; throws when it ends without one. */
  nextLine(): Promise<string>;
  writeLine(line: string): void;
  /** Sends the signal and does not wait. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a power failure would, and waits until it is gone. Throws if it had failed. */
  kill(): Promise<void>;
}

/** A real process that runs a program of `children/`, from its first line (`ready`) on. */
export async function startChild(
  program: string,
  programArguments: readonly string[],
): Promise<TestChild> {
  const path = new URL(`children/${program}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...programArguments], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const testChild = toTestChild(child, exited, async () => {
    const line = await lines.next();
    if (line.done !== true) return line.value;
    throw new SnapledgerError('INTERNAL', `${program} ended before it wrote a line`);
  });
  await testChild.nextLine();
  return testChild;
}

function toTestChild(
  child: ChildProcessByStdio<Writable, Readable, null>,
  exited: Promise<unknown>,
  nextLine: () => Promise<string>,
): TestChild {
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    if (child.exitCode === null || child.exitCode === 0) return;
    throw new SnapledgerError('INTERNAL', `a child process failed: exit code ${child.exitCode}`);
  };
  return {
    pid: child.pid ?? -1,
    nextLine,
    writeLine: (line) => child.stdin.write(`${line}\n`),
    signal: (signal) => child.kill(signal),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
