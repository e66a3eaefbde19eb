import type { DatabaseSync } from 'node:sqlite';
import type { CatalogueAdvance } from '../../../ports/catalogue-store.ts';
import { isBusy } from '../event-store/ledger-error.ts';
import { inWriteTransaction } from '../write-transaction.ts';
import { advanceCatalogue, type CatalogueWriter } from './advance-catalogue.ts';

/** Errors of SQLite come as they are, but for a lock that was held for too long. */
export function advanceInTransaction(
  database: DatabaseSync,
  writer: CatalogueWriter,
  advance: CatalogueAdvance,
): 'advanced' | 'overtaken' {
  try {
    return inWriteTransaction(database, () => advanceCatalogue(writer, advance));
  } catch (error) {
    // Whoever holds the lock for so long is putting rows in.
    if (isBusy(error)) return 'overtaken';
    throw error;
  }
}
