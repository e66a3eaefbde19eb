import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSnapledgerError, parsePriceTable, type PriceTable } from '../../index.ts';
import type { CliContext } from '../cli-context.ts';
import { usageError } from '../usage-error.ts';

/** In the folder of the vault; looked for when no other file is named. */
export const pricesFileName = 'prices.json';

/**
 * The prices that somebody has written down: in the named file, or in that of the vault; null when
 * there is none.
 *
 * @throws INVALID_ARGUMENT when the file cannot be read or is no price table
 */
export async function readPrices(
  context: CliContext,
  vaultFolder: string,
  named: string | undefined,
): Promise<PriceTable | null> {
  const file =
    named === undefined ? join(vaultFolder, pricesFileName) : resolve(context.workingFolder, named);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (named === undefined && code === 'ENOENT') return null;
    throw usageError(
      `the price table '${file}' cannot be read (${code})`,
      'check its name and its permissions',
    );
  }
  try {
    return parsePriceTable(JSON.parse(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is not JSON';
    const remedy = isSnapledgerError(error) ? error.remedy : undefined;
    throw usageError(
      `the price table '${file}' is of no use: ${why}`,
      remedy ?? 'write it as JSON; docs/cli.md, "Prices", has an example',
    );
  }
}
