/** Part of the file's name: programs that make other tables make another file. */
export const catalogueSchemaVersion = 4;

/**
 * Nothing here is the truth: every row is made of events, and all of them can go. `items` holds what
 * is there; what was removed is remembered in `removals`, so that a session that is written again
 * does not bring it back. Until there are indexes, `items` also holds what was removed.
 */
export const catalogueSchema = `
CREATE TABLE IF NOT EXISTS checkpoint (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL,
  making TEXT NOT NULL,
  position TEXT NOT NULL,
  before TEXT,
  record_hash TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  ordinal INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  instance_id TEXT,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS item_names (
  session INTEGER NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  item_id TEXT NOT NULL,
  PRIMARY KEY (session, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
  session INTEGER NOT NULL,
  place INTEGER NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (session, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removals (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
  stream TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  engine_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unreadable_streams (
  stream TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
`;

/**
 * Made when a question is asked first. Rows that are made of a whole ledger come before that: ids are
 * random, and sorting all of them once costs a fraction of finding a place for each.
 */
export const catalogueIndexes: Readonly<Record<string, string>> = {
  sessions_of_instance: 'sessions (instance_id)',
  sessions_by_status: 'sessions (status)',
  sessions_by_start: 'sessions (started_at)',
  sessions_by_actor: 'sessions (actor)',
  claims_by_session: 'claims (session_id)',
  item_names_by_id: 'item_names (id)',
};

/** Everything that `clear` empties. */
export const catalogueTables = [
  'checkpoint',
  'sessions',
  'item_names',
  'items',
  'removals',
  'claims',
  'unreadable_streams',
] as const;
