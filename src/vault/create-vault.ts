import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { CreateVaultOptions } from './vault.ts';

/**
 * Makes a vault: event store, local cloud, repository.
 *
 * @throws VAULT_EXISTS when the folder is not empty, INVALID_ARGUMENT for an empty passphrase
 */
export function createVault(options: CreateVaultOptions): Promise<void> {
  return Promise.reject(new SnapledgerError('INTERNAL', `not there yet: ${options.folder}`));
}
