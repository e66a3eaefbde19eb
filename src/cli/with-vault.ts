import { resolve } from 'node:path';
import type { OpenVaultOptions, Vault } from '../index.ts';
import type { CliContext } from './cli-context.ts';
import { readEventStoreCredentials } from './event-store/event-store-credentials.ts';
import { readPassphrase } from './passphrase/read-passphrase.ts';
import { usageError } from './usage-error.ts';

/**
 * The folder of the vault that this command is about.
 *
 * @throws INVALID_ARGUMENT when none is named
 */
export function vaultFolder(context: CliContext): string {
  const named = context.options.vault ?? context.env['SNAPLEDGER_VAULT'] ?? '';
  if (named === '') {
    throw usageError(
      'no vault is named',
      "give its folder with '--vault DIR' or in SNAPLEDGER_VAULT ('snapledger init' makes one)",
    );
  }
  return resolve(context.workingFolder, named);
}

/** Opens the vault, does `work` with it, and closes it whatever happened. */
export async function withVault<Result>(
  context: CliContext,
  work: (vault: Vault) => Promise<Result>,
  { purpose = 'work' }: Pick<OpenVaultOptions, 'purpose'> = {},
): Promise<Result> {
  const vault = await context.openVault({
    purpose,
    folder: vaultFolder(context),
    passphrase: () => readPassphrase(context, 'unlock'),
    eventStoreCredentials: () => readEventStoreCredentials(context),
  });
  let result: Result;
  try {
    result = await work(vault);
  } catch (error) {
    // What went wrong first is what the user must hear of.
    await Promise.allSettled([vault.close()]);
    throw error;
  }
  await vault.close();
  return result;
}
