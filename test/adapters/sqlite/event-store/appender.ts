import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

const program = fileURLToPath(new URL('appender-process.ts', import.meta.url));

/** A running `appender-process.ts`. */
export interface Appender {
  /** The revisions that it was told are recorded, so far. */
  acknowledged(): readonly number[];
  /** Resolves when it has appended something. */
  readonly begun: Promise<void>;
  /** Resolves when it has ended: by itself and without an error, or killed. */
  readonly ended: Promise<void>;
  kill(): void;
}

export function startAppender(path: string, stream: string, batches: number): Appender {
  const child = spawn(process.execPath, [program, path, stream, String(batches)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(child, 'close').then(() => {
    assert.ok(child.exitCode === 0 || child.signalCode === 'SIGKILL', complaints);
  });
  const begun = Promise.race([once(child.stdout, 'data').then(() => undefined), ended]);
  return {
    // What follows the last line end was cut off by a kill.
    acknowledged: () => printed.split('\n').slice(0, -1).map(Number),
    begun,
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}
