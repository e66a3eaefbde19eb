import { readFile } from 'node:fs/promises';
import { NO_STREAM } from '@eventstore/db-client';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AppendResult,
  EventStore,
  ExpectedRevision,
  GlobalPosition,
  HandedEvent,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  Revision,
  StreamName,
  SubscribeOptions,
} from '../../ports/event-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import { checkAppend, checkReadAll, checkReadStream } from '../../ports/event-store-rules.ts';
import { ClientSlot } from './client-slot.ts';
import { checkWithinLog, endOfLog } from './end-of-log.ts';
import { followAll } from './follow-all.ts';
import { handOutStream } from './hand-out-stream.ts';
import { KurrentDbClient } from './kurrentdb-client.ts';
import type { KurrentDbCertificates } from './kurrentdb-client.ts';
import { assertOpen, callServer } from './kurrentdb-connection.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import type { KurrentDbCredentials } from './kurrentdb-credentials.ts';
import { distrustRemedy, toAppendError, toLedgerError, toOpeningError } from './kurrentdb-error.ts';
import { kurrentDbLimits } from './kurrentdb-limits.ts';
import type { KurrentDbLimits } from './kurrentdb-limits.ts';
import { describeServer } from './kurrentdb-location.ts';
import type { KurrentDbLocation } from './kurrentdb-location.ts';
import { checkNamespace, storedName } from './kurrentdb-namespace.ts';
import { parsePosition } from './kurrentdb-position.ts';
import type { LogPosition } from './kurrentdb-position.ts';
import { Outage } from './outage.ts';
import { readOneStream } from './read-one-stream.ts';
import { toStoredEvent } from './stored-event.ts';
import type { SummariseEvent } from './stored-event.ts';

export interface KurrentDbEventStoreOptions {
  readonly location: KurrentDbLocation;
  /** What tells the streams of this ledger from all others on the server. */
  readonly namespace: string;
  /** null: the server wants none, or knows us by our certificate. */
  readonly credentials: KurrentDbCredentials | null;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly summarise: SummariseEvent;
  readonly limits?: Partial<KurrentDbLimits>;
}

/**
 * A ledger on a KurrentDB (or EventStoreDB) server of version 23.10 or later, for any number of
 * processes on any number of machines. Asks the server one question before it resolves.
 *
 * @throws INVALID_ARGUMENT (namespace, a file that the location names, credentials without TLS),
 *   LEDGER_UNAVAILABLE, LEDGER_ACCESS_DENIED, NOT_AN_EVENT_STORE
 */
export async function openKurrentDbEventStore(
  options: KurrentDbEventStoreOptions,
): Promise<EventStore> {
  const { location, namespace, credentials, clock, random, summarise } = options;
  checkNamespace(namespace);
  if (credentials !== null && location.transport === 'plain') throw unsafeCredentials();
  const certificates = await readCertificates(location);
  const closing = new AbortController();
  const limits = { ...kurrentDbLimits, ...options.limits };
  const makeClient = (): KurrentDbClient =>
    new KurrentDbClient(location, certificates, credentials);
  const server = describeServer(location);
  const connection: KurrentDbConnection = {
    clients: new ClientSlot(makeClient, clock, limits.closeTimeoutMs),
    clock,
    limits,
    namespace,
    server,
    outage: new Outage({ clock, random, limits, server }),
    closing: closing.signal,
  };
  try {
    await endOfLog(connection);
  } catch (error) {
    await connection.clients.close();
    throw toOpeningError(error, connection.server);
  }
  return new KurrentDbEventStore(connection, closing, summarise);
}

class KurrentDbEventStore implements EventStore {
  readonly #connection: KurrentDbConnection;
  readonly #closing: AbortController;
  readonly #summarise: SummariseEvent;

  constructor(
    connection: KurrentDbConnection,
    closing: AbortController,
    summarise: SummariseEvent,
  ) {
    this.#connection = connection;
    this.#closing = closing;
    this.#summarise = summarise;
  }

  async append(
    stream: StreamName,
    expectedRevision: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    checkAppend(stream, expectedRevision, events);
    const { namespace, limits, server } = this.#connection;
    const stored = events.map((event) => toStoredEvent(event, this.#summarise));
    const first = expectedRevision === 'no-stream' ? 0 : expectedRevision + 1;
    const revision = (first + events.length - 1) as Revision;
    let written: bigint;
    try {
      const result = await callServer(this.#connection, 'append', (client) =>
        client.appendToStream(storedName(namespace, stream), stored, {
          expectedRevision: expectedRevision === 'no-stream' ? NO_STREAM : BigInt(expectedRevision),
          requiresLeader: true,
          deadline: limits.callTimeoutMs,
        }),
      );
      written = result.nextExpectedRevision;
    } catch (error) {
      throw toAppendError(error, server, stream, expectedRevision);
    }
    if (written === BigInt(revision)) return { revision };
    throw new SnapledgerError(
      'LEDGER_CORRUPT',
      `The stream ${stream} was deleted from the event store at ${server} before: it goes on at revision ${written} instead of ${revision}.`,
      { remedy: distrustRemedy, details: { server, stream, revision } },
    );
  }

  async *readStream(
    stream: StreamName,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<RecordedEvent> {
    checkReadStream(stream, options);
    assertOpen(this.#connection);
    // A server takes 0 for no number at all.
    if (options.limit === 0) return;
    yield* readOneStream(this.#connection, stream, options);
  }

  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent> {
    checkReadAll(options);
    const { after, until } = await this.#begin(options.after);
    let remaining = options.limit ?? Infinity;
    if (remaining === 0 || until === null) return;
    const { streamPrefix = '' } = options;
    const { signal } = new AbortController();
    for await (const event of followAll(this.#connection, { after, streamPrefix, until, signal })) {
      yield event;
      remaining -= 1;
      if (remaining === 0) return;
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    checkReadAll(options);
    const { streamPrefix = '', signal } = options;
    const { after } = await this.#begin(options.after);
    yield* followAll(this.#connection, { after, streamPrefix, until: null, signal });
  }

  async *handOut(stream: StreamName, signal: AbortSignal): AsyncGenerator<HandedEvent> {
    checkReadStream(stream, {});
    yield* handOutStream(this.#connection, stream, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connection.clients.close();
  }

  /** Where a read of all begins, and the end of the log now. */
  async #begin(
    from: GlobalPosition | undefined,
  ): Promise<{ readonly after: LogPosition | null; readonly until: LogPosition | null }> {
    const after = from === undefined ? null : parsePosition(from);
    const { server } = this.#connection;
    try {
      const until = await endOfLog(this.#connection);
      checkWithinLog(after, until, server);
      return { after, until };
    } catch (error) {
      throw toLedgerError(error, server);
    }
  }
}

async function readCertificates({ settings }: KurrentDbLocation): Promise<KurrentDbCertificates> {
  const { tlsCAFile, userCertFile, userKeyFile } = settings;
  return {
    ...(tlsCAFile === undefined ? {} : { rootCertificate: await readPem(tlsCAFile) }),
    ...(userCertFile === undefined ? {} : { userCertFile: await readPem(userCertFile) }),
    ...(userKeyFile === undefined ? {} : { userKeyFile: await readPem(userKeyFile) }),
  };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `The file ${path}, which the location of the event store names, cannot be read.`,
      { cause, remedy: 'Check its name and its permissions.' },
    );
  }
}

function unsafeCredentials(): SnapledgerError {
  return new SnapledgerError(
    'INVALID_ARGUMENT',
    'A user and a password are given for an event store without TLS, where they are never sent.',
    {
      remedy:
        'Take tls=false out of the location, or unset SNAPLEDGER_EVENT_STORE_USER and SNAPLEDGER_EVENT_STORE_PASSWORD.',
    },
  );
}
