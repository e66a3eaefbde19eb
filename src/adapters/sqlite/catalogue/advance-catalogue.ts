import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  CatalogueAdvance,
  CatalogueCheckpoint,
  ClaimRow,
  SessionRows,
} from '../../../ports/catalogue-store.ts';
import { integer, toCheckpoint } from './catalogue-rows.ts';
import { catalogueIndexes } from './catalogue-schema.ts';

/** The prepared statements that put rows in. */
export interface CatalogueWriter {
  /** -> how many indexes there are */
  readonly indexes: StatementSync;
  /** -> ordinal of the session that began last, 0 when there is none */
  readonly lastOrdinal: StatementSync;
  readonly checkpoint: StatementSync;
  readonly setCheckpoint: StatementSync;
  readonly putSession: StatementSync;
  readonly putName: StatementSync;
  readonly dropItems: StatementSync;
  readonly putItem: StatementSync;
  readonly removeItem: StatementSync;
  readonly putRemoval: StatementSync;
  readonly putClaim: StatementSync;
  readonly dropClaim: StatementSync;
  readonly putUnreadable: StatementSync;
}

export function prepareCatalogueWriter(database: DatabaseSync): CatalogueWriter {
  return {
    indexes: database.prepare(
      `SELECT count(*) AS indexes FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`,
    ),
    lastOrdinal: database.prepare('SELECT coalesce(max(ordinal), 0) AS ordinal FROM sessions'),
    checkpoint: database.prepare('SELECT * FROM checkpoint'),
    setCheckpoint: database.prepare(
      `INSERT INTO checkpoint (one, version, making, position, before, record_hash)
       VALUES (1, ?, ?, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET version = excluded.version, making = excluded.making,
         position = excluded.position,
         before = excluded.before, record_hash = excluded.record_hash`,
    ),
    putSession: database.prepare(
      `INSERT INTO sessions (session_id, instance_id, kind, status, started_at, actor, document)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (session_id) DO UPDATE SET status = excluded.status, document = excluded.document
       RETURNING ordinal`,
    ),
    putName: database.prepare(
      'INSERT OR IGNORE INTO item_names (session, id, kind, item_id) VALUES (?, ?, ?, ?)',
    ),
    dropItems: database.prepare('DELETE FROM items WHERE session = ?'),
    putItem: database.prepare(
      `INSERT INTO items (session, place, kind, id) SELECT ?1, ?2, ?3, ?4
       WHERE NOT EXISTS (SELECT 1 FROM removals WHERE kind = ?3 AND id = ?4)`,
    ),
    removeItem: database.prepare(
      `DELETE FROM items WHERE kind = ?1 AND id = ?2
         AND session IN (SELECT session FROM item_names WHERE id = ?2)`,
    ),
    putRemoval: database.prepare('INSERT OR IGNORE INTO removals (kind, id) VALUES (?, ?)'),
    putClaim: database.prepare(
      `INSERT INTO claims (stream, session_id, engine_id) VALUES (?, ?, ?)
       ON CONFLICT (stream) DO UPDATE SET session_id = excluded.session_id,
         engine_id = excluded.engine_id`,
    ),
    dropClaim: database.prepare('DELETE FROM claims WHERE stream = ?'),
    putUnreadable: database.prepare('INSERT OR IGNORE INTO unreadable_streams (stream) VALUES (?)'),
  };
}

/** Inside of a transaction that has the write lock. */
export function advanceCatalogue(
  writer: CatalogueWriter,
  { from, to, sessions, claims, unreadable }: CatalogueAdvance,
): 'advanced' | 'overtaken' {
  const row = writer.checkpoint.get();
  if (!isSame(row === undefined ? null : toCheckpoint(row), from)) return 'overtaken';
  const before: Before = {
    lastOrdinal: integer(writer.lastOrdinal.get() ?? {}, 'ordinal'),
    isIndexed: isIndexed(writer),
  };
  for (const one of sessions) putSession(writer, one, before);
  for (const one of claims) putClaim(writer, one);
  for (const stream of unreadable) writer.putUnreadable.run(stream);
  writer.setCheckpoint.run(to.version, to.making, to.position, to.before, to.recordHash);
  return 'advanced';
}

/** Whether all indexes are there. */
export function isIndexed({ indexes }: CatalogueWriter): boolean {
  return integer(indexes.get() ?? {}, 'indexes') === Object.keys(catalogueIndexes).length;
}

/** Inside of a transaction that has the write lock. */
export function makeIndexes(database: DatabaseSync): void {
  database.exec(
    `DELETE FROM items WHERE EXISTS
       (SELECT 1 FROM removals WHERE removals.id = items.id AND removals.kind = items.kind)`,
  );
  for (const [name, columns] of Object.entries(catalogueIndexes)) {
    database.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${columns}`);
  }
}

/** As it is before rows are put in. */
interface Before {
  readonly lastOrdinal: number;
  readonly isIndexed: boolean;
}

function putSession(
  writer: CatalogueWriter,
  { session, names, made, removed }: SessionRows,
  before: Before,
): void {
  const { sessionId, instanceId, kind, status, startedAt, actor, document } = session;
  const row = writer.putSession.get(
    sessionId,
    instanceId,
    kind,
    status,
    startedAt,
    actor,
    document,
  );
  const ordinal = integer(row ?? {}, 'ordinal');
  for (const { id, item } of names) writer.putName.run(ordinal, id, item.kind, item.id);
  for (const { kind: removedKind, id } of removed) {
    writer.putRemoval.run(removedKind, id);
    if (before.isIndexed) writer.removeItem.run(removedKind, id);
  }
  if (ordinal <= before.lastOrdinal) writer.dropItems.run(ordinal);
  for (const [place, item] of made.entries())
    writer.putItem.run(ordinal, place, item.kind, item.id);
}

function putClaim(writer: CatalogueWriter, { stream, claim }: ClaimRow): void {
  if (claim === null) writer.dropClaim.run(stream);
  else writer.putClaim.run(stream, claim.sessionId, claim.engineId);
}

function isSame(a: CatalogueCheckpoint | null, b: CatalogueCheckpoint | null): boolean {
  return a?.making === b?.making && a?.position === b?.position && a?.recordHash === b?.recordHash;
}
