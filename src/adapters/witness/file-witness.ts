import { type FileHandle, open } from 'node:fs/promises';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { isAbsent } from '../../platform/errno.ts';
import type { CheckpointWitness, PublishedCheckpoint } from '../../ports/checkpoint-witness.ts';

/**
 * Keeps checkpoints in a file, one JSON string on each line, oldest first. Only ever appended to,
 * by any number of processes.
 */
export function createFileWitness(path: string): CheckpointWitness {
  let last: string | null = null;
  return {
    keptIn: `'${path}'`,
    publish: async (checkpoint) => {
      if (checkpoint === last) return;
      try {
        await appendLine(path, JSON.stringify(checkpoint));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new SnapledgerError(
          'WITNESS_FAILED',
          `the checkpoint cannot be written to '${path}': ${reason}`,
          { cause, remedy: 'Make the file writable, or name another witness.' },
        );
      }
      last = checkpoint;
    },
    published: () => linesOf(path),
  };
}

async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    // What a process that died left of its line must not become a part of this one.
    const start = (await endsLine(file)) ? '' : '\n';
    await file.appendFile(`${start}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
}

async function* linesOf(path: string): AsyncGenerator<PublishedCheckpoint, void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    // Nothing was ever witnessed here.
    if (isAbsent(cause)) return;
    throw new SnapledgerError('WITNESS_FAILED', `the checkpoints in '${path}' cannot be read`, {
      cause,
      remedy: 'Make the file readable.',
    });
  }
  let number = 0;
  for await (const line of file.readLines()) {
    number += 1;
    if (line === '' || isTorn(line)) continue;
    yield { note: noteIn(line), place: `line ${number} of '${path}'` };
  }
}

/** The beginning of a line, left by a process that died while it wrote. */
function isTorn(line: string): boolean {
  return /^"[^"]*$/.test(line);
}

/** What is no line of a witness comes as it is: it was written by somebody else. */
function noteIn(line: string): string {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : line;
  } catch {
    return line;
  }
}
