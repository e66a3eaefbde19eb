import type { Repository } from '../../format/repository.ts';
import { createNoteSigner, type NoteSigner } from './signed-note.ts';

/** What signs and seals the ledger of one repository. */
export interface LogKeys {
  /** Its name is the origin of the log. */
  readonly signer: NoteSigner;
  /** Opens the keys of subjects. */
  readonly readKey: Uint8Array;
}

/** The keys of the ledger that is sealed in this repository. */
export async function logKeysOf(
  repository: Pick<Repository, 'id' | 'deriveLedgerKeys'>,
): Promise<LogKeys> {
  const { signingSeed, readKey } = await repository.deriveLedgerKeys();
  const signer = createNoteSigner(`snapledger/${repository.id}`, signingSeed);
  signingSeed.fill(0);
  return { signer, readKey };
}
