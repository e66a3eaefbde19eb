import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../../ports/clock.ts';
import type {
  AppendResult,
  EventStore,
  ExpectedRevision,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamName,
  SubscribeOptions,
} from '../../../ports/event-store.ts';
import { checkAppend, checkReadAll, checkReadStream } from '../../../ports/event-store-rules.ts';
import {
  type FileSystemTypeOf,
  fileSystemTypeOf,
  networkFileSystemOf,
} from '../network-file-system.ts';
import { AppendBell } from './append-bell.ts';
import { appendTogether, headOf } from './append-events.ts';
import { AppendQueue } from './append-queue.ts';
import { readPage, readPageBetween } from './event-page.ts';
import { parsePosition } from './event-row.ts';
import { rarePositions } from './rare-positions.ts';
import { LedgerConnection } from './ledger-connection.ts';
import type { IfMissing, LedgerDatabase, LedgerGuards } from './ledger-database.ts';
import { restoreLedgerRemedy, toLedgerError } from './ledger-error.ts';
import { busyTimeoutDefaultMs, pageEventsMax, pollIntervalDefaultMs } from './ledger-limits.ts';
import { whenUnlocked } from './lock-wait.ts';
import { unguardedStore } from './unguarded-store.ts';

export interface SqliteEventStoreOptions {
  /** The file; on a local file system, because its processes share memory. */
  readonly path: string;
  readonly clock: Clock;
  readonly ifMissing: IfMissing;
  /**
   * `missed`: a ledger whose triggers somebody has removed is opened as well, to be examined. It takes no events, and
   * `readAll` says at its end what is missing. Default: `required`.
   */
  readonly guards?: LedgerGuards;
  /** How long to wait for another process's lock; default: 10 s. */
  readonly busyTimeoutMs?: number;
  /** Default: as the operating system says. */
  readonly fileSystemTypeOf?: FileSystemTypeOf;
  /** How often a subscription looks for events of other processes; default: 250 ms. */
  readonly pollIntervalMs?: number;
}

/**
 * A ledger in one SQLite file, for any number of processes of one machine. An append that resolved
 * has reached the disk. Appends and reads run on the calling thread: about a millisecond each. On a full
 * disk it can be read, by one process at a time.
 *
 * @throws RUNTIME_TOO_OLD, NOT_A_VAULT (no file, and none may be made), VAULT_VERSION (a newer
 *   engine wrote it), LEDGER_CORRUPT (also: the file of another program), LEDGER_UNAVAILABLE (also: the
 *   file is on NFS or SMB), STORE_FULL
 */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const { path, clock, ifMissing, busyTimeoutMs = busyTimeoutDefaultMs } = options;
  const { guards = 'required' } = options;
  refuseNetworkFileSystem(path, options.fileSystemTypeOf ?? fileSystemTypeOf);
  try {
    const connection = await whenUnlocked(clock, busyTimeoutMs, () =>
      LedgerConnection.open(path, { ifMissing, guards }),
    );
    const eventStore = new SqliteEventStore(connection, { ...options, busyTimeoutMs });
    const { unguarded } = connection;
    return unguarded === null ? eventStore : unguardedStore(eventStore, unguarded);
  } catch (error) {
    throw toLedgerError(error, path);
  }
}

class SqliteEventStore implements EventStore {
  readonly #connection: LedgerConnection;
  readonly #bell = new AppendBell();
  readonly #appends = new AppendQueue(async (appends) => {
    const outcomes = await this.#perform((ledger) => appendTogether(ledger, appends));
    this.#bell.ring();
    return outcomes;
  });
  readonly #path: string;
  readonly #clock: Clock;
  readonly #busyTimeoutMs: number;
  readonly #pollIntervalMs: number;

  constructor(
    connection: LedgerConnection,
    options: SqliteEventStoreOptions & { readonly busyTimeoutMs: number },
  ) {
    this.#connection = connection;
    this.#path = options.path;
    this.#clock = options.clock;
    this.#busyTimeoutMs = options.busyTimeoutMs;
    this.#pollIntervalMs = options.pollIntervalMs ?? pollIntervalDefaultMs;
  }

  async append(
    stream: StreamName,
    expectedRevision: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    checkAppend(stream, expectedRevision, events);
    return this.#appends.append({ stream, expectedRevision, events });
  }

  async *readStream(
    stream: StreamName,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<RecordedEvent> {
    checkReadStream(stream, options);
    const { limit = Infinity, direction = 'forwards' } = options;
    const step = direction === 'forwards' ? 1 : -1;
    const head = await this.#perform(({ statements }) => headOf(statements, stream));
    let next =
      direction === 'forwards' ? (options.from ?? 0) : Math.min(options.from ?? head, head);
    // The read ends where the stream ends now, so that it cannot chase a quick appender for ever.
    let remaining = Math.min(limit, direction === 'forwards' ? head - next + 1 : next + 1);
    while (remaining > 0) {
      const count = Math.min(remaining, pageEventsMax);
      const from = next;
      const { events } = await this.#perform(({ statements }) =>
        readPage(statements[direction], stream, from, count),
      );
      if (events.length === 0) throw this.#gap(stream, next);
      for (const event of events) {
        if (event.revision !== next) throw this.#gap(stream, next);
        yield event;
        next += step;
        remaining -= 1;
      }
    }
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent> {
    checkReadAll(options);
    const { streamPrefix = '', limit = Infinity } = options;
    const after = parsePosition(options.after);
    const end = await this.#endFrom(after);
    let remaining = limit;
    if (remaining === 0) return;
    for await (const page of this.#pagesBetween(after, end, streamPrefix)) {
      for (const event of page) {
        yield event;
        remaining -= 1;
        if (remaining === 0) return;
      }
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    checkReadAll(options);
    const { signal, streamPrefix = '' } = options;
    let position = parsePosition(options.after);
    while (!signal.aborted) {
      const heard = this.#bell.rings;
      const end = await this.#endFrom(position);
      if (end === position) {
        await this.#bell.wait(this.#clock, heard, this.#pollIntervalMs, signal);
        continue;
      }
      for await (const page of this.#pagesBetween(position, end, streamPrefix)) {
        for (const event of page) {
          if (isAborted(signal)) return;
          yield event;
        }
      }
      position = end;
    }
  }

  async close(): Promise<void> {
    await this.#appends.idle();
    try {
      this.#connection.close();
    } catch (error) {
      throw toLedgerError(error, this.#path);
    } finally {
      // So that subscriptions notice at once.
      this.#bell.ring();
    }
  }

  /** Everything between two positions, the first one excluded, with bounded work per turn. */
  async *#pagesBetween(
    after: number,
    end: number,
    streamPrefix: string,
  ): AsyncGenerator<readonly RecordedEvent[]> {
    const rare = await this.#perform((ledger) => rarePositions(ledger, after, end, streamPrefix));
    if (rare !== null) {
      yield* this.#pagesOf(rare);
      return;
    }
    let position = after;
    while (position < end) {
      const pageEnd = Math.min(end, position + pageEventsMax);
      const from = position;
      const page = await this.#perform(({ statements }) =>
        streamPrefix === ''
          ? readPageBetween(statements, from, pageEnd)
          : readPage(statements.positions, from, pageEnd, streamPrefix),
      );
      yield page.events;
      const last = page.events.at(-1);
      position = page.end === 'cut' && last !== undefined ? Number(last.position) : pageEnd;
      // Pages without a matching event would otherwise follow each other in one turn of the loop.
      await nextTurn();
    }
  }

  /** The events at these positions. */
  async *#pagesOf(positions: readonly number[]): AsyncGenerator<readonly RecordedEvent[]> {
    let done = 0;
    while (done < positions.length) {
      const wanted = JSON.stringify(positions.slice(done, done + pageEventsMax));
      const page = await this.#perform(({ statements }) => readPage(statements.listed, wanted));
      yield page.events;
      done += page.events.length;
    }
  }

  /** The last position of the ledger. @throws INVALID_ARGUMENT when `after` lies beyond it. */
  async #endFrom(after: number): Promise<number> {
    const row = await this.#perform(({ statements }) => statements.end.get());
    const end = Number(row?.['position']);
    if (after <= end) return end;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `The position ${after} lies beyond the end of the ledger ${this.#path}, which is ${end}.`,
      { remedy: 'It is of another ledger, or of a newer copy of this one: begin without it.' },
    );
  }

  async #perform<T>(operation: (ledger: LedgerDatabase) => T): Promise<T> {
    try {
      return await whenUnlocked(this.#clock, this.#busyTimeoutMs, () =>
        this.#connection.use(operation),
      );
    } catch (error) {
      throw toLedgerError(error, this.#path);
    }
  }

  #gap(stream: StreamName, revision: number): SnapledgerError {
    return new SnapledgerError(
      'LEDGER_CORRUPT',
      `The event ${revision} of ${stream} is missing from the ledger ${this.#path}.`,
      { remedy: restoreLedgerRemedy, details: { path: this.#path, stream, revision } },
    );
  }
}

function refuseNetworkFileSystem(path: string, typeOf: FileSystemTypeOf): void {
  const name = networkFileSystemOf(dirname(path), typeOf);
  if (name === null) return;
  throw new SnapledgerError(
    'LEDGER_UNAVAILABLE',
    `The ledger ${path} is on a network file system, ${name}, where programs of two machines would damage it.`,
    {
      details: { path },
      remedy:
        'Keep the vault on a local disk (move its folder there while no program uses it; the repository may stay where it is); for several machines, make the vault with its ledger on a KurrentDB server (snapledger init --event-store).',
    },
  );
}

/** The signal may abort while a page is under way, which the compiler cannot know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
