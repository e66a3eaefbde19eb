import { type FileHandle, open } from 'node:fs/promises';
import type { CliContext } from '../cli-context.ts';
import { warn } from '../output/print.ts';
import { usageError } from '../usage-error.ts';

/** Longer than anybody types; keeps a disk image that was named by mistake out of memory. */
const secretFileMaxBytes = 4096;

/** What a file holds, in the words of messages. */
export type SecretKind = 'passphrase' | 'password' | 'read key';

/**
 * The secret in a file: all of it but one newline at its end. Warns when others than its owner
 * can read the file.
 *
 * @throws INVALID_ARGUMENT when the file cannot be read, is empty, too long or not UTF-8
 */
export async function readSecretFile(
  context: CliContext,
  kind: SecretKind,
  path: string,
): Promise<string> {
  const bytes = await contentOf(context, kind, path);
  if (bytes.byteLength > secretFileMaxBytes) {
    throw usageError(
      `the ${kind} file '${path}' is larger than ${secretFileMaxBytes} bytes`,
      `name a file that holds the ${kind} and nothing else`,
    );
  }
  const secret = decoded(bytes, kind, path).replace(/\r?\n$/, '');
  if (secret === '') {
    throw usageError(
      `the ${kind} file '${path}' is empty`,
      `write the ${kind} into its first line`,
    );
  }
  return secret;
}

async function contentOf(context: CliContext, kind: SecretKind, path: string): Promise<Uint8Array> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    const stats = await file.stat();
    // A pipe (`<(pass show backup)`) has no permissions worth a word.
    if (stats.isFile() && (stats.mode & 0o044) !== 0) {
      await warn(context, `other users can read the ${kind} file '${path}'`, `chmod 600 '${path}'`);
    }
    return await firstBytes(file, secretFileMaxBytes + 1);
  } catch (error) {
    throw usageError(
      `the ${kind} file '${path}' cannot be read (${codeOf(error)})`,
      'check its name and its permissions',
    );
  } finally {
    await file?.close();
  }
}

async function firstBytes(file: FileHandle, lengthMaxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(lengthMaxBytes);
  let lengthBytes = 0;
  while (lengthBytes < lengthMaxBytes) {
    const { bytesRead } = await file.read(bytes, lengthBytes, lengthMaxBytes - lengthBytes, null);
    if (bytesRead === 0) break;
    lengthBytes += bytesRead;
  }
  return bytes.subarray(0, lengthBytes);
}

function decoded(bytes: Uint8Array, kind: SecretKind, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(
      `the ${kind} file '${path}' is not UTF-8 text`,
      `write the ${kind} into it as text`,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
