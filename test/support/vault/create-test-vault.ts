import { createVaultWith } from '../../../src/vault/create-vault.ts';
import type { CreatedVault, CreateVaultOptions } from '../../../src/vault/vault-options.ts';
import { cheapStrata } from '../format/cheap-strata.ts';

/** A vault as `createVault` makes it, but with a passphrase that is cheap to try. */
export function createTestVault(options: CreateVaultOptions): Promise<CreatedVault> {
  return createVaultWith(options, cheapStrata);
}
