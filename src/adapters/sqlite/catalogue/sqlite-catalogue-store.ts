import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, SessionId } from '../../../domain/identifiers.ts';
import type { ItemRef } from '../../../domain/retention/retention-plan.ts';
import type {
  CatalogueAdvance,
  CatalogueStore,
  CataloguedFilter,
  SessionPage,
} from '../../../ports/catalogue-store.ts';
import type { StreamName } from '../../../ports/event-store.ts';
import { cannotWriteNow, isBusy } from '../event-store/ledger-error.ts';
import {
  type FileSystemTypeOf,
  fileSystemTypeOf,
  networkFileSystemOf,
} from '../network-file-system.ts';
import { inWriteTransaction } from '../write-transaction.ts';
import {
  advanceCatalogue,
  type CatalogueWriter,
  prepareCatalogueWriter,
} from './advance-catalogue.ts';
import {
  discardCatalogue,
  openCatalogueDatabase,
  openCatalogueInMemory,
} from './catalogue-database.ts';
import {
  type CatalogueRow,
  text,
  toCheckpoint,
  toClaim,
  toFoundName,
  toInstanceCounts,
  toListedSession,
  toPresentItem,
} from './catalogue-rows.ts';
import { catalogueIndexes, catalogueTables } from './catalogue-schema.ts';
import { indexWhenPossible } from './index-when-possible.ts';

/** New files that one process makes in place of damaged ones; after that it does without a file. */
const newFilesMax = 1;

const listedSessions =
  'SELECT sessions.*, claims.engine_id FROM sessions LEFT JOIN claims USING (session_id)';

/**
 * A catalogue in a SQLite file of `folder`, shared by the processes of one machine. Opened when it is
 * first needed. After a failure, `startAnew` makes a new file in place of a damaged one. One that is only not to be
 * written to now (no room, no permission) is left to other times, and this process keeps its catalogue in
 * memory, which takes longer and says the same. So does one whose folder is on a network file system, where
 * other machines may have it open.
 */
export function createSqliteCatalogueStore(options: SqliteCatalogueStoreOptions): CatalogueStore {
  return new SqliteCatalogueStore(options);
}

export interface SqliteCatalogueStoreOptions {
  /** Made when it is needed, in a folder that is there. */
  readonly folder: string;
  /** Default: as the operating system says. */
  readonly fileSystemTypeOf?: FileSystemTypeOf;
}

interface OpenCatalogue {
  readonly database: DatabaseSync;
  readonly writer: CatalogueWriter;
}

class SqliteCatalogueStore implements CatalogueStore {
  readonly #folder: string;
  #opened: OpenCatalogue | null = null;
  #newFiles = 0;
  #place: 'file' | 'memory';
  /** Why it could not be used last. */
  #failure: 'damaged' | 'not-now' = 'damaged';

  constructor({
    folder,
    fileSystemTypeOf: typeOf = fileSystemTypeOf,
  }: SqliteCatalogueStoreOptions) {
    this.#folder = folder;
    this.#place = networkFileSystemOf(dirname(folder), typeOf) === null ? 'file' : 'memory';
  }

  checkpoint(): ReturnType<CatalogueStore['checkpoint']> {
    return this.#perform(({ writer }) => {
      const row = writer.checkpoint.get();
      return row === undefined ? null : toCheckpoint(row);
    });
  }

  advance(advance: CatalogueAdvance): ReturnType<CatalogueStore['advance']> {
    return this.#perform(({ database, writer }) => {
      try {
        return inWriteTransaction(database, () => advanceCatalogue(writer, advance));
      } catch (error) {
        // Whoever holds the lock for so long is putting rows in.
        if (isBusy(error)) return 'overtaken';
        throw error;
      }
    });
  }

  clear(): Promise<void> {
    return this.#perform(({ database }) => {
      inWriteTransaction(database, () => {
        // First, so that no row has to be taken out of them.
        for (const index of Object.keys(catalogueIndexes)) {
          database.exec(`DROP INDEX IF EXISTS ${index}`);
        }
        for (const table of catalogueTables) database.exec(`DELETE FROM ${table}`);
      });
    });
  }

  async startAnew(): Promise<void> {
    await this.close();
    if (this.#failure === 'not-now' || this.#newFiles >= newFilesMax) this.#place = 'memory';
    if (this.#place === 'memory') return;
    this.#newFiles += 1;
    try {
      discardCatalogue(this.#folder);
    } catch {
      // What cannot even be taken away is of no use to this process; others see to it themselves.
      this.#place = 'memory';
    }
  }

  sessions(filter: CataloguedFilter, page: SessionPage): ReturnType<CatalogueStore['sessions']> {
    const { instanceId, kind, status, actor, since, until } = filter;
    const conditions: [string, SQLInputValue][] = [];
    const where = (condition: string, value: SQLInputValue | undefined | null): void => {
      if (value !== undefined && value !== null) conditions.push([condition, value]);
    };
    where('instance_id = ?', instanceId);
    where('kind = ?', kind);
    where('status = ?', status);
    where('actor = ?', actor);
    where('started_at >= ?', since);
    where('started_at < ?', until);
    const isForwards = page.direction === 'forwards';
    where(isForwards ? 'ordinal > ?' : 'ordinal < ?', page.after);
    const sql = [
      listedSessions,
      conditions.length === 0 ? '' : `WHERE ${conditions.map(([one]) => one).join(' AND ')}`,
      `ORDER BY ordinal ${isForwards ? 'ASC' : 'DESC'} LIMIT ?`,
    ].join(' ');
    const values = [...conditions.map(([, value]) => value), page.limit];
    return this.#rows(sql, values, toListedSession);
  }

  async session(sessionId: SessionId): ReturnType<CatalogueStore['session']> {
    const sql = `${listedSessions} WHERE session_id = ?`;
    const [found = null] = await this.#rows(sql, [sessionId], toListedSession);
    return found;
  }

  sessionIds(prefix: string, limit: number): ReturnType<CatalogueStore['sessionIds']> {
    return this.#rows(
      `SELECT session_id FROM sessions WHERE ${beginsWith('session_id')} ORDER BY session_id LIMIT ?2`,
      [prefix, limit],
      (row) => text(row, 'session_id') as SessionId,
    );
  }

  itemNames(prefix: string, limit: number): ReturnType<CatalogueStore['itemNames']> {
    return this.#rows(
      `SELECT id, item_names.kind, item_id, instance_id
       FROM item_names JOIN sessions ON ordinal = session
       WHERE ${beginsWith('id')} ORDER BY id LIMIT ?2`,
      [prefix, limit],
      toFoundName,
    );
  }

  present(kind: ItemRef['kind']): ReturnType<CatalogueStore['present']> {
    return this.#rows(
      `SELECT items.id, instance_id FROM items JOIN sessions ON ordinal = session
       WHERE items.kind = ?1 AND NOT EXISTS
         (SELECT 1 FROM removals WHERE removals.id = items.id AND removals.kind = items.kind)
       ORDER BY session, place`,
      [kind],
      toPresentItem,
    );
  }

  claims(streamPrefix: string): ReturnType<CatalogueStore['claims']> {
    const sql = `SELECT * FROM claims WHERE ${beginsWith('stream')} ORDER BY stream`;
    return this.#rows(sql, [streamPrefix], toClaim);
  }

  unreadable(streamPrefix: string): ReturnType<CatalogueStore['unreadable']> {
    return this.#rows(
      `SELECT stream FROM unreadable_streams WHERE ${beginsWith('stream')} ORDER BY stream`,
      [streamPrefix],
      (row) => text(row, 'stream') as StreamName,
    );
  }

  unreadableSessions(
    streamPrefix: string,
    instanceId: InstanceId | null,
    limit: number,
  ): ReturnType<CatalogueStore['unreadableSessions']> {
    return this.#rows(
      `SELECT substr(stream, length(?1) + 1) AS id FROM unreadable_streams
       LEFT JOIN sessions ON session_id = substr(stream, length(?1) + 1)
       WHERE ${beginsWith('stream')} AND (?3 IS NULL OR session_id IS NULL OR instance_id = ?3)
       ORDER BY stream LIMIT ?2`,
      [streamPrefix, limit, instanceId],
      (row) => text(row, 'id') as SessionId,
    );
  }

  instances(): ReturnType<CatalogueStore['instances']> {
    return this.#rows(
      `WITH counted AS (
         SELECT instance_id, count(*) AS sessions FROM sessions
         WHERE instance_id IS NOT NULL GROUP BY instance_id
       ), present AS (
         -- What was adopted may stand beside what its own session has of it.
         SELECT instance_id, sum(kind = 'snapshot-set') AS snapshot_sets,
           sum(kind = 'replica') AS replicas, sum(kind = 'restore-point') AS points
         FROM (SELECT DISTINCT instance_id, items.kind AS kind, items.id AS id
           FROM items JOIN sessions ON ordinal = session) AS made
         WHERE NOT EXISTS
           (SELECT 1 FROM removals WHERE removals.id = made.id AND removals.kind = made.kind)
         GROUP BY instance_id
       ), open AS (
         SELECT instance_id, session_id FROM claims JOIN sessions USING (session_id)
         WHERE instance_id IS NOT NULL
       )
       SELECT counted.instance_id, counted.sessions, open.session_id,
         coalesce(snapshot_sets, 0) AS snapshot_sets, coalesce(replicas, 0) AS replicas,
         coalesce(points, 0) AS restore_points
       FROM counted LEFT JOIN present USING (instance_id) LEFT JOIN open USING (instance_id)
       ORDER BY counted.instance_id`,
      [],
      toInstanceCounts,
    );
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a failure must reject, not throw
  async close(): Promise<void> {
    this.#opened?.database.close();
    this.#opened = null;
  }

  #rows<T>(
    sql: string,
    values: readonly SQLInputValue[],
    toResult: (row: CatalogueRow) => T,
  ): Promise<readonly T[]> {
    return this.#perform(({ database, writer }) => {
      indexWhenPossible(database, writer);
      return database
        .prepare(sql)
        .all(...values)
        .map(toResult);
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a failure must reject, not throw
  async #perform<T>(operation: (opened: OpenCatalogue) => T): Promise<T> {
    try {
      return operation((this.#opened ??= this.#open()));
    } catch (error) {
      this.#failure = cannotWriteNow(error) ? 'not-now' : 'damaged';
      throw unusable(error, this.#folder, this.#failure);
    }
  }

  #open(): OpenCatalogue {
    const database =
      this.#place === 'file' ? openCatalogueDatabase(this.#folder) : openCatalogueInMemory();
    return { database, writer: prepareCatalogueWriter(database) };
  }
}

/** Half-open, so that an index serves it: no byte of a text is 0xff. */
function beginsWith(column: string): string {
  return `${column} >= ?1 AND ${column} < ?1 || CAST(x'ff' AS TEXT)`;
}

function unusable(cause: unknown, folder: string, failure: 'damaged' | 'not-now'): SnapledgerError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new SnapledgerError(
    'CATALOGUE_UNUSABLE',
    `The catalogue of the ledger in ${folder} cannot be used (${said}).`,
    {
      cause,
      details: { folder },
      remedy:
        failure === 'damaged'
          ? 'Remove that folder: the catalogue is made again from the ledger.'
          : 'Make room on its file system, and let this user write there.',
    },
  );
}
