import type { DatabaseSync } from 'node:sqlite';
import { cannotWriteNow } from '../event-store/ledger-error.ts';
import { inWriteTransaction } from '../write-transaction.ts';
import { type CatalogueWriter, isIndexed, makeIndexes } from './advance-catalogue.ts';

/**
 * Makes the indexes that are not there yet. Without them an answer takes longer and says the same: where they cannot be
 * made now, as another process holds the lock for longer than is waited, or there is no room, that is for a later
 * question.
 *
 * @throws what says that the file is damaged
 */
export function indexWhenPossible(database: DatabaseSync, writer: CatalogueWriter): void {
  if (isIndexed(writer)) return;
  try {
    inWriteTransaction(database, () => {
      makeIndexes(database);
    });
  } catch (error) {
    if (!cannotWriteNow(error)) throw error;
  }
}
