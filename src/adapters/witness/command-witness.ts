import { spawn } from 'node:child_process';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { CheckpointWitness } from '../../ports/checkpoint-witness.ts';

/** A command that sends a few hundred bytes somewhere; a session waits for it at its end. */
const timeoutDefaultMs = 30_000;

export interface CommandWitnessOptions {
  /** The program and its arguments; no shell is between. */
  readonly command: readonly string[];
  /** After this the command is killed and has failed. */
  readonly timeoutMs?: number;
}

/** Hands each checkpoint to a command on its standard input. It has taken it when it exits with 0. */
export function createCommandWitness(options: CommandWitnessOptions): CheckpointWitness {
  return {
    keptIn: null,
    publish: (checkpoint) => runWith(checkpoint, options),
    // What the command did with them is its own affair.
    async *published() {
      yield* await Promise.resolve([]);
    },
  };
}

function runWith(
  checkpoint: string,
  { command, timeoutMs = timeoutDefaultMs }: CommandWitnessOptions,
): Promise<void> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    // The limit of spawn itself goes on when there is no such program, and keeps this one alive.
    const limit = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', (cause) => {
      clearTimeout(limit);
      reject(failed(program, `cannot be run: ${cause.message}`, cause));
    });
    child.once('exit', (exitCode, signal) => {
      clearTimeout(limit);
      if (exitCode === 0) resolve();
      else if (signal === null) reject(failed(program, `ended with exit code ${exitCode ?? '?'}`));
      else reject(failed(program, `was ended by ${signal}, at the latest after ${timeoutMs} ms`));
    });
    // A command that does not read its input says by its exit code whether it is content.
    child.stdin.on('error', () => undefined);
    child.stdin.end(checkpoint);
  });
}

function failed(program: string, how: string, cause?: unknown): SnapledgerError {
  return new SnapledgerError('WITNESS_FAILED', `the witness command '${program}' ${how}`, {
    cause,
    remedy: 'The next session hands over a checkpoint that covers this one; repair the command.',
  });
}
