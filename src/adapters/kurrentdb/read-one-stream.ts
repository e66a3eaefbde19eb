import { BACKWARDS, END, FORWARDS, START, StreamNotFoundError } from '@eventstore/db-client';
import type { ResolvedEvent } from '@eventstore/db-client';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ReadStreamOptions, RecordedEvent, StreamName } from '../../ports/event-store.ts';
import { readToEnd } from './kurrentdb-connection.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import { distrustRemedy, toLedgerError } from './kurrentdb-error.ts';
import { storedName } from './kurrentdb-namespace.ts';
import { ServerStream } from './server-stream.ts';
import { toRecordedEvent } from './stored-event.ts';

/**
 * The events of one stream; none when it is not there.
 *
 * @throws LEDGER_CORRUPT when one is missing: a server can cut streams off at their beginning
 */
export async function* readOneStream(
  connection: KurrentDbConnection,
  stream: StreamName,
  { from, limit, direction = 'forwards' }: ReadStreamOptions,
): AsyncGenerator<RecordedEvent> {
  const { namespace, server } = connection;
  const backwards = direction === 'backwards';
  const resolvedEvents = readToEnd(connection, 'read-stream', (client) => {
    const read = client.readStream(storedName(namespace, stream), {
      direction: backwards ? BACKWARDS : FORWARDS,
      fromRevision: from === undefined ? (backwards ? END : START) : BigInt(from),
      requiresLeader: true,
      ...(limit === undefined ? {} : { maxCount: limit }),
    });
    return new ServerStream<ResolvedEvent>(read, () => read.cancel());
  });
  // Backwards a read begins at the last event there is, which only the server knows.
  let next: number | null = backwards ? null : (from ?? 0);
  try {
    for await (const { event } of resolvedEvents) {
      if (event === undefined) continue;
      const recorded = toRecordedEvent(event, namespace);
      if (next !== null && recorded.revision !== next) throw gap(server, stream, next);
      yield recorded;
      next = recorded.revision + (backwards ? -1 : 1);
    }
  } catch (error) {
    if (error instanceof StreamNotFoundError) return;
    throw toLedgerError(error, server);
  }
  const isCut = backwards && next !== null && next >= 0 && limit === undefined;
  if (isCut) throw gap(server, stream, next ?? 0);
}

function gap(server: string, stream: StreamName, revision: number): SnapledgerError {
  return new SnapledgerError(
    'LEDGER_CORRUPT',
    `The event ${revision} of ${stream} is missing from the event store at ${server}.`,
    { remedy: distrustRemedy, details: { server, stream, revision } },
  );
}
