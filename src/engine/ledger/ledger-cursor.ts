import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { RecordedEvent } from '../../ports/event-store.ts';
import { genesisHash, recordHash } from './record-hash.ts';

/** A place in a stream that was read and checked up to here. */
export interface LedgerCursor {
  readonly nextRevision: number;
  readonly lastHash: string;
}

export const streamBeginning: LedgerCursor = { nextRevision: 0, lastHash: genesisHash };

/**
 * Where reading goes on after `record`, which has to be the one that comes next.
 *
 * @throws LEDGER_CORRUPT
 */
export function followRecord(cursor: LedgerCursor, record: RecordedEvent): LedgerCursor {
  const { stream, revision, metadata } = record;
  if (revision !== cursor.nextRevision || metadata.previousHash !== cursor.lastHash) {
    throw new SnapledgerError(
      'LEDGER_CORRUPT',
      `the stream '${stream}' is broken before its event ${revision}: an event was changed, removed or inserted`,
      {
        remedy: 'Bring the ledger back from a copy of the vault; the repository is not affected.',
        details: { stream, revision },
      },
    );
  }
  return { nextRevision: revision + 1, lastHash: recordHash(stream, revision, record) };
}
