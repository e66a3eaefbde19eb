import { BACKWARDS, END } from '@eventstore/db-client';
import type { AllStreamResolvedEvent } from '@eventstore/db-client';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { readToEnd } from './kurrentdb-connection.ts';
import type { KurrentDbConnection } from './kurrentdb-connection.ts';
import { formatPosition, isAfter } from './kurrentdb-position.ts';
import type { LogPosition } from './kurrentdb-position.ts';
import { ServerStream } from './server-stream.ts';

/**
 * The position of the server's last event, whosever it is; null for a log without any.
 *
 * @throws what the client throws, LEDGER_UNAVAILABLE
 */
export async function endOfLog(connection: KurrentDbConnection): Promise<LogPosition | null> {
  const lastOfAll = readToEnd(connection, 'read-all', (client) => {
    const read = client.readAll({
      direction: BACKWARDS,
      fromPosition: END,
      maxCount: 1,
      requiresLeader: true,
    });
    return new ServerStream<AllStreamResolvedEvent>(read, () => read.cancel());
  });
  for await (const { event } of lastOfAll) return event?.position ?? null;
  return null;
}

/** @throws INVALID_ARGUMENT when `after` lies beyond the end of the log */
export function checkWithinLog(
  after: LogPosition | null,
  end: LogPosition | null,
  server: string,
): void {
  if (after === null || (end !== null && !isAfter(after, end))) return;
  const last = end === null ? 'empty' : formatPosition(end);
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `The position ${formatPosition(after)} lies beyond the end of the log at ${server}, which is ${last}.`,
    {
      remedy: 'It is of another ledger, or of a newer copy of this one: begin without it.',
    },
  );
}
