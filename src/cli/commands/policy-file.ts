import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type BackupPolicy, readPolicyText } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';

/** Longer ones are not read at all. */
const fileMaxBytes = 4 * 1024 * 1024;

const encodingRemedy = 'save it in UTF-8, as every editor can';

/** @throws INVALID_ARGUMENT when the file cannot be read, POLICY_INVALID */
export async function readPolicyFile(
  { workingFolder }: CliContext,
  fileName: string,
): Promise<readonly BackupPolicy[]> {
  return readPolicyText({ text: await textOf(resolve(workingFolder, fileName)), fileName });
}

async function textOf(path: string): Promise<string> {
  const remedy = "name a file with policies; 'snapledger policy schema' says what it holds";
  try {
    const { size } = await stat(path);
    if (size > fileMaxBytes) throw usageError(`${path} is ${size} bytes long`, remedy);
    const bytes = await readFile(path);
    // Taken as it comes, a name would silently become another one.
    if (!isUtf8(bytes)) throw usageError(`${path} is not encoded in UTF-8`, encodingRemedy);
    return bytes.toString('utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw usageError(`${path} cannot be read (${error.message})`, remedy);
  }
}
