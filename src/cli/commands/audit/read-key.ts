import { resolve } from 'node:path';
import type { CliContext } from '../../cli-context.ts';
import { readSecretFile } from '../../secret/secret-file.ts';
import { usageError } from '../../usage-error.ts';

const waysToGiveIt =
  "give what 'snapledger audit key --read' shows in SNAPLEDGER_READ_KEY_FILE, the name of a file, or SNAPLEDGER_READ_KEY";

/**
 * The key that opens sealed records. Never an argument: every user of a machine can see those.
 *
 * @throws INVALID_ARGUMENT
 */
export async function readReadKey(context: CliContext): Promise<string> {
  const { SNAPLEDGER_READ_KEY_FILE: file, SNAPLEDGER_READ_KEY: key } = context.env;
  if (file === '' || (file === undefined && key === '')) {
    throw usageError('the read key is set but empty', waysToGiveIt);
  }
  if (file !== undefined) {
    return readSecretFile(context, 'read key', resolve(context.workingFolder, file));
  }
  if (key !== undefined) return key;
  throw usageError('the records of a repository alone need their read key', waysToGiveIt);
}
