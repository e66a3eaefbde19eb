/** `SLDG`: what `PRAGMA application_id` and the `file` command say of a ledger. */
export const ledgerApplicationId = 0x53_4c_44_47;

/** `PRAGMA user_version`: grows when an older engine can no longer write the file. */
export const ledgerSchemaVersion = 1;

export interface SchemaObject {
  readonly name: string;
  /** As it stands in `sqlite_schema`, so that a removed or altered trigger is noticed at open. */
  readonly sql: string;
}

/** Without it there is nothing to read; all else guards it. */
export const eventsTable = 'events';

/**
 * One row is one event. An auditor reads it with the sqlite3 shell: everything but `data` is text.
 * `data` comes last so that a scan over streams and types does not read the pages behind it.
 *
 * The insert trigger also closes the way around the other two: REPLACE deletes a row without
 * firing the delete trigger, but only a row that the new one collides with, and no row that goes
 * to the end collides.
 */
export const ledgerSchema: readonly SchemaObject[] = [
  {
    name: eventsTable,
    sql: `CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL CHECK (stream <> ''),
  revision INTEGER NOT NULL CHECK (revision >= 0),
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type <> ''),
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  data BLOB NOT NULL,
  UNIQUE (stream, revision)
) STRICT`,
  },
  {
    name: 'events_only_at_the_end',
    sql: `CREATE TRIGGER events_only_at_the_end BEFORE INSERT ON events
WHEN NEW.position IS NOT (SELECT coalesce(max(position), 0) + 1 FROM events)
  OR NEW.revision IS NOT
    (SELECT coalesce(max(revision), -1) + 1 FROM events WHERE stream = NEW.stream)
  OR EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only: events are added at the end, once');
END`,
  },
  {
    name: 'events_never_change',
    sql: `CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only: events never change');
END`,
  },
  {
    name: 'events_stay',
    sql: `CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only: events are never removed');
END`,
  },
];
