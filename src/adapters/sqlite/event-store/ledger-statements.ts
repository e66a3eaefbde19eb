import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** The prepared statements of one connection. None of them stays open between two calls. */
export interface LedgerStatements {
  /** stream -> revision of its last event, -1 when there is none */
  readonly head: StatementSync;
  /** stream, first revision, count -> ids */
  readonly ids: StatementSync;
  /** id -> stream, revision */
  readonly holderOfId: StatementSync;
  /** stream, revision, id, type, metadata, data */
  readonly insert: StatementSync;
  /** stream, first revision, count -> events, ascending */
  readonly forwards: StatementSync;
  /** stream, first revision, count -> events, descending */
  readonly backwards: StatementSync;
  /** -> position of the last event of all, 0 when there is none */
  readonly end: StatementSync;
  /** position before, last position, stream prefix -> events */
  readonly positions: StatementSync;
  /** position before, last position -> bytes of data between them */
  readonly bytesBetween: StatementSync;
  /** position before, last position -> events */
  readonly between: StatementSync;
  /** position before, last position, stream prefix, count -> positions, in no order */
  readonly ofPrefix: StatementSync;
  /** JSON list of positions -> events */
  readonly listed: StatementSync;
}

/** Of a row of the table. */
const columns = 'position, stream, revision, id, type, metadata, data';

/**
 * In the order in which `event-row.ts` takes them apart. Data come as hexadecimal digits, and null when
 * they are none: a blob comes in a buffer of its own, which costs more than all the rest of a row.
 */
const eventColumns = `position, stream, revision, id, type, metadata,
  CASE typeof(data) WHEN 'blob' THEN hex(data) END`;

/** Gives rows as arrays: half of what reading a row costs is the object that it comes in. */
function prepareReading(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

export function prepareStatements(database: DatabaseSync): LedgerStatements {
  return {
    head: database.prepare(
      'SELECT coalesce(max(revision), -1) AS revision FROM events WHERE stream = ?',
    ),
    ids: database.prepare(
      'SELECT id FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
    ),
    holderOfId: database.prepare('SELECT stream, revision FROM events WHERE id = ?'),
    // The position is given and not left to SQLite, because a BEFORE trigger could not see it.
    insert: database.prepare(
      `INSERT INTO events (${columns})
       VALUES ((SELECT coalesce(max(position), 0) + 1 FROM events), ?, ?, ?, ?, ?, ?)`,
    ),
    forwards: prepareReading(
      database,
      `SELECT ${eventColumns} FROM events
       WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?`,
    ),
    backwards: prepareReading(
      database,
      `SELECT ${eventColumns} FROM events
       WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT ?`,
    ),
    end: database.prepare('SELECT coalesce(max(position), 0) AS position FROM events'),
    positions: prepareReading(
      database,
      `SELECT ${eventColumns} FROM events
       WHERE position > ?1 AND position <= ?2 AND substr(stream, 1, length(?3)) = ?3
       ORDER BY position`,
    ),
    bytesBetween: database.prepare(
      `SELECT coalesce(sum(length(data)), 0) AS bytes FROM events
       WHERE position > ?1 AND position <= ?2`,
    ),
    between: prepareReading(
      database,
      `SELECT ${eventColumns} FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position`,
    ),
    // No byte of a text is 0xff, so the bound is above all that begins so; the index has the positions.
    ofPrefix: database.prepare(
      `SELECT position FROM events
       WHERE stream >= ?3 AND stream < ?3 || CAST(x'ff' AS TEXT)
         AND position > ?1 AND position <= ?2 LIMIT ?4`,
    ),
    listed: prepareReading(
      database,
      `SELECT ${eventColumns} FROM events
       WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position`,
    ),
  };
}
