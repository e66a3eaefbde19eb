import { revisionConflict } from '../../../ports/event-store-rules.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type {
  AppendResult,
  ExpectedRevision,
  NewEvent,
  Revision,
  StreamName,
} from '../../../ports/event-store.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import type { LedgerStatements } from './ledger-statements.ts';
import { inWriteTransaction } from '../write-transaction.ts';

/** Checked events for a stream. */
export interface Append {
  readonly stream: StreamName;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly NewEvent[];
}

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly result: AppendResult }
  /** REVISION_CONFLICT, or INVALID_ARGUMENT for an id that another event has. */
  | { readonly kind: 'refused'; readonly error: SnapledgerError };

/**
 * Performs appends one after the other and makes them durable together. Each is done whole, or
 * recognised as done already, or refused by itself; when this throws, none of them was done.
 *
 * @throws errors of SQLite as they are
 */
export function appendTogether(
  { database, statements }: LedgerDatabase,
  appends: readonly Append[],
): readonly AppendOutcome[] {
  return inWriteTransaction(database, () =>
    appends.map((append): AppendOutcome => {
      database.exec('SAVEPOINT one_append');
      try {
        const result = perform(statements, append);
        database.exec('RELEASE one_append');
        return { kind: 'appended', result };
      } catch (error) {
        if (!(error instanceof SnapledgerError)) throw error;
        database.exec('ROLLBACK TO one_append; RELEASE one_append');
        return { kind: 'refused', error };
      }
    }),
  );
}

/** @throws REVISION_CONFLICT, INVALID_ARGUMENT; errors of SQLite as they are */
function perform(
  statements: LedgerStatements,
  { stream, expectedRevision, events }: Append,
): AppendResult {
  const expected = expectedRevision === 'no-stream' ? -1 : expectedRevision;
  const actual = headOf(statements, stream);
  if (actual === expected) {
    insert(statements, stream, expected + 1, events);
  } else if (!isRepeat(statements, stream, expected + 1, events)) {
    throw revisionConflict(stream, expectedRevision, actual);
  }
  return { revision: (expected + events.length) as Revision };
}

/** The revision of the last event of a stream, -1 when there is none. */
export function headOf(statements: LedgerStatements, stream: StreamName): number {
  return Number(statements.head.get(stream)?.['revision']);
}

function isRepeat(
  statements: LedgerStatements,
  stream: StreamName,
  first: number,
  events: readonly NewEvent[],
): boolean {
  const recorded = statements.ids.all(stream, first, events.length);
  return events.every((event, index) => recorded[index]?.['id'] === event.id);
}

function insert(
  statements: LedgerStatements,
  stream: StreamName,
  first: number,
  events: readonly NewEvent[],
): void {
  for (const [index, event] of events.entries()) {
    refuseKnownId(statements, stream, event.id);
    const metadata = JSON.stringify(event.metadata);
    statements.insert.run(stream, first + index, event.id, event.type, metadata, event.data);
  }
}

function refuseKnownId(statements: LedgerStatements, stream: StreamName, id: string): void {
  const holder = statements.holderOfId.get(id);
  if (holder === undefined) return;
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `The event ${id} for ${stream} is recorded already, in ${String(holder['stream'])} at revision ${String(holder['revision'])}.`,
    { remedy: 'Derive the id of an event from its stream and revision.' },
  );
}
