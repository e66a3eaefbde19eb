import { on } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import type { KeyboardInput, TextOutput } from './cli-dependencies.ts';

/** A standard stream is a terminal, a pipe or a file, and only a terminal says so. */
interface MaybeTerminal {
  readonly isTTY?: boolean;
}

/** Of an output that is no terminal. */
const columnsDefault = 100;

/**
 * A standard stream of the process as the command line writes to it. A reader that goes away
 * (`| head`) is no error: what comes after that is dropped.
 */
export function processOutput(
  stream: Pick<WriteStream, 'on' | 'write' | 'columns'> & MaybeTerminal,
): TextOutput {
  let reader: 'there' | 'gone' = 'there';
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    reader = 'gone';
  });
  return {
    get isTerminal() {
      return stream.isTTY ?? false;
    },
    get columns() {
      return stream.isTTY === true ? stream.columns : columnsDefault;
    },
    write: (text) =>
      new Promise((resolve) => {
        if (reader === 'gone') resolve();
        // Failures arrive as the event above.
        else
          stream.write(text, () => {
            resolve();
          });
      }),
  };
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
