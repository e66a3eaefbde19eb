import {
  type AskFormats,
  createVault,
  exportRepository,
  openVault,
  recoverSets,
  recoverVault,
  vaultKeys,
  verifyRepository,
} from '../index.ts';
import type { CliDependencies } from './cli-dependencies.ts';

export type VaultAccess = Pick<
  CliDependencies,
  | 'openVault'
  | 'createVault'
  | 'recoverSets'
  | 'recoverVault'
  | 'vaultKeys'
  | 'exportRepository'
  | 'verifyRepository'
>;

/** Vaults as they are, in the formats that are plugged in. */
export function vaultAccess(formats: AskFormats): VaultAccess {
  return {
    openVault: (options) => openVault({ ...options, formats }),
    createVault: (options) => createVault({ ...options, formats }),
    recoverSets: (options) => recoverSets({ ...options, formats }),
    recoverVault: (options) => recoverVault({ ...options, formats }),
    vaultKeys: (options) => vaultKeys({ ...options, formats }),
    exportRepository: (options) => exportRepository({ ...options, formats }),
    verifyRepository: (options) => verifyRepository({ ...options, formats }),
  };
}
