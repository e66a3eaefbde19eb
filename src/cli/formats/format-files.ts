import { delimiter, resolve } from 'node:path';

/**
 * The modules of storage formats that are plugged in: the files that SNAPLEDGER_FORMATS names, with
 * what separates folders in PATH between them.
 */
export function formatFiles(
  env: Readonly<Record<string, string | undefined>>,
  workingFolder: string,
): readonly string[] {
  const named = (env['SNAPLEDGER_FORMATS'] ?? '').split(delimiter);
  return named.filter((file) => file !== '').map((file) => resolve(workingFolder, file));
}
