import { join } from 'node:path';

/** Where the parts of a vault lie in its folder. */
export interface VaultLayout {
  /** Tells what the folder is; written last, so that a half-made vault is none. */
  readonly marker: string;
  readonly ledger: string;
  readonly repository: string;
  readonly cloud: string;
  readonly engines: string;
  /** Rows made of the ledger for quick lists; may be removed while no program has the vault open. */
  readonly catalogue: string;
  /** The signed checkpoints that this vault has seen: what its repository must go on from. */
  readonly checkpoints: string;
  /** Who else gets them. */
  readonly witness: string;
  /** What seals the keys of sensitive fields; made anew with the passphrase when it is gone. */
  readonly sensitiveKey: string;
  /** Compiled code of the worker's program; may be removed at any time. */
  readonly compileCache: string;
}

export function vaultLayout(folder: string): VaultLayout {
  return {
    marker: join(folder, 'vault.json'),
    ledger: join(folder, 'ledger.sqlite'),
    repository: join(folder, 'repository'),
    cloud: join(folder, 'cloud'),
    engines: join(folder, 'engines'),
    catalogue: join(folder, 'catalogue'),
    checkpoints: join(folder, 'checkpoints'),
    witness: join(folder, 'witness.json'),
    sensitiveKey: join(folder, 'sensitive.key'),
    compileCache: join(folder, 'compile-cache'),
  };
}
