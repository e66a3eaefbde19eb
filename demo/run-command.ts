import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
}

/** Runs a program; what it says goes to the terminal, or is captured, as `output` says. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: {
    readonly output: 'show' | 'capture';
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<CommandResult> {
  const stdout = options.output === 'show' ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    stdio: ['ignore', stdout, options.output === 'show' ? 'inherit' : 'ignore'],
    env: { ...process.env, ...options.env },
  });
  const captured = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  return { exitCode, stdout: await captured };
}

/** Whether a program can be started on this machine. */
export async function hasCommand(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await runCommand(program, args, { output: 'capture' });
    return true;
  } catch {
    return false;
  }
}
