import type { Repository } from '../../format/repository.ts';
import { createNoteSigner, type NoteSigner, type NoteVerifier } from './signed-note.ts';

/** What checks and opens the sealed ledger of one repository: what an auditor is given. */
export interface LogReadKeys {
  /** Its name is the origin of the log. */
  readonly signer: NoteVerifier;
  /** Opens the keys of subjects. */
  readonly readKey: Uint8Array;
}

/** What signs and seals it. */
export interface LogKeys extends LogReadKeys {
  readonly signer: NoteSigner;
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
