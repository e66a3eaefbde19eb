import { readFile } from 'node:fs/promises';
import { usageError } from '../../usage-error.ts';

/**
 * The signed notes of a file: one as it is, or one JSON string on each line, as a witness keeps them.
 *
 * @throws INVALID_ARGUMENT for a file that cannot be read or has a line of another kind
 */
export async function readCheckpointFile(path: string): Promise<readonly string[]> {
  const text = await textOf(path);
  if (!text.startsWith('"')) return [text];
  return text.split('\n').flatMap((line, index) => {
    // A witness that died while it wrote has left the beginning of a line, and goes on behind it.
    if (line.trim() === '' || /^"[^"]*$/.test(line)) return [];
    const note = noteOf(line);
    if (note !== null) return [note];
    throw usageError(
      `line ${index + 1} of '${path}' is no checkpoint`,
      'name a file as a witness keeps it, or one with a single checkpoint',
    );
  });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw usageError(`the checkpoint '${path}' cannot be read`, 'name a file that can');
  }
}

function noteOf(line: string): string | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
