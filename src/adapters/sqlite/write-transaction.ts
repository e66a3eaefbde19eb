import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs `work` in one transaction that has the write lock from its beginning, so that what it reads
 * cannot change before it writes. Either all of it is committed and durable, or none.
 *
 * @throws what `work` or SQLite throws, after the transaction was rolled back.
 */
export function inWriteTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database, error);
    throw error;
  }
}

function rollBack(database: DatabaseSync, reason: unknown): void {
  // SQLite has rolled back by itself after some errors, such as a full disk.
  if (!database.isTransaction) return;
  try {
    database.exec('ROLLBACK');
  } catch (error) {
    throw new AggregateError([reason, error], 'a transaction failed and could not be rolled back');
  }
}
