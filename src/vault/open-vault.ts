import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import type { OpenVaultOptions, Vault } from './vault.ts';

/** @throws NOT_A_VAULT, VAULT_VERSION; WRONG_PASSPHRASE from the first call that needs it */
export function openVault(options: OpenVaultOptions): Promise<Vault> {
  return Promise.reject(new SnapledgerError('INTERNAL', `not there yet: ${options.folder}`));
}
