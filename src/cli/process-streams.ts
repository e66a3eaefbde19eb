import { on } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import { SnapledgerError } from '../index.ts';
import type { KeyboardInput, TextOutput } from './cli-dependencies.ts';

/** A standard stream is a terminal, a pipe or a file, and only a terminal says so. */
interface MaybeTerminal {
  readonly isTTY?: boolean;
}

/** Of an output that is no terminal. */
const columnsDefault = 100;

/** What becomes of text that cannot be written, because the device is full, say. */
export type WriteFailure =
  /** For results: who asked for them has to know that they are not there. */
  | 'reject'
  /** For everything else: a backup must not end because nobody can be told how far it is. */
  | 'drop';

/**
 * A standard stream of the process as the command line writes to it. A reader that goes away
 * (`| head`) is no error: what comes after that is dropped.
 */
export function processOutput(
  stream: Pick<WriteStream, 'on' | 'write' | 'columns'> & MaybeTerminal,
  onFailure: WriteFailure,
): TextOutput {
  let failure: NodeJS.ErrnoException | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A stream that has failed once answers with errors that say less.
    failure ??= error;
  });
  return {
    get isTerminal() {
      return stream.isTTY ?? false;
    },
    get columns() {
      // A terminal of which nobody has set the size has 0.
      return stream.isTTY === true && stream.columns > 0 ? stream.columns : columnsDefault;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        const settle = (error: NodeJS.ErrnoException | null): void => {
          failure ??= error;
          const isLost = failure !== null && failure.code !== 'EPIPE' && onFailure === 'reject';
          if (isLost) reject(outputFailed(failure));
          else resolve();
        };
        if (failure === null)
          stream.write(text, (error) => {
            settle(error ?? null);
          });
        else settle(null);
      }),
  };
}

function outputFailed(cause: Error | null): SnapledgerError {
  const reason = cause === null ? '' : `: ${cause.message}`;
  return new SnapledgerError('OUTPUT_FAILED', `the result cannot be written${reason}`, { cause });
}

/** The keyboard of the process. */
export function processInput(stream: Omit<ReadStream, 'isTTY'> & MaybeTerminal): KeyboardInput {
  return {
    isTerminal: stream.isTTY ?? false,
    async withoutEcho(signal, read) {
      stream.setEncoding('utf8');
      stream.setRawMode(true);
      try {
        return await read(keystrokesOf(stream, signal));
      } finally {
        stream.setRawMode(false);
        // A stream that flows would keep the process alive.
        stream.pause();
      }
    },
  };
}

async function* keystrokesOf(
  stream: Omit<ReadStream, 'isTTY'>,
  signal: AbortSignal,
): AsyncIterable<string> {
  try {
    const chunks = on(stream, 'data', { signal, close: ['end', 'close'] });
    stream.resume();
    for await (const [chunk] of chunks) yield String(chunk);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
