import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type {
  EventMetadata,
  EventStore,
  RecordedEvent,
  StreamName,
} from '../../ports/event-store.ts';
import { followRecord, type LedgerCursor, streamBeginning } from '../ledger/ledger-cursor.ts';
import { isSealedStream, isUnsealedStream, streamPrefixes } from '../ledger/stream-names.ts';
import type { Tampering } from '../transparency-log/log-tampered.ts';
import { type EndedSession, SessionEndings, type UnreadableSession } from './session-endings.ts';

/** A stream that the event store has more of than the log. */
export interface UnsealedStream {
  readonly stream: StreamName;
  /** The first revision that is not sealed. */
  readonly from: number;
  readonly records: number;
}

/** What the event store tells of its sessions, and has besides what is sealed. */
export interface StoreContents {
  readonly ended: readonly EndedSession[];
  /** See `SessionEndings`. */
  readonly unreadable: readonly UnreadableSession[];
  /** Other streams whose chain is broken, and what the store says of itself. */
  readonly broken: readonly SnapledgerError[];
  readonly unsealed: readonly UnsealedStream[];
  /** Of each stream the first record that is not sealed and that no program writes there. */
  readonly strange: readonly Tampering[];
}

export const nothingInStore: StoreContents = {
  ended: [],
  unreadable: [],
  broken: [],
  unsealed: [],
  strange: [],
};

/**
 * Reads every record of the store once, each checked against the one before in its stream.
 *
 * @param sealed of each stream in the log: the first revision that is not in it
 */
export async function storeContents(
  eventStore: EventStore,
  sealed: ReadonlyMap<StreamName, number>,
): Promise<StoreContents> {
  const endings = new SessionEndings();
  const cursors = new Map<StreamName, LedgerCursor | 'broken'>();
  const broken: SnapledgerError[] = [];
  const unsealed = new Map<StreamName, UnsealedStream>();
  const strange = new Map<StreamName, Tampering>();
  const look = (record: RecordedEvent): void => {
    const { stream, revision } = record;
    if (isUnsealedStream(stream)) return;
    const from = sealed.get(stream) ?? 0;
    const isSealed = revision < from;
    if (!isSealed) {
      const records = (unsealed.get(stream)?.records ?? 0) + 1;
      unsealed.set(stream, { stream, from, records });
    }
    const isSession = stream.startsWith(streamPrefixes.session);
    const cursor = cursors.get(stream) ?? streamBeginning;
    if (cursor === 'broken') return;
    try {
      cursors.set(stream, followRecord(cursor, record));
    } catch (error) {
      if (!hasErrorCode(error, 'LEDGER_CORRUPT')) throw error;
      cursors.set(stream, 'broken');
      if (isSession) endings.noteUnreadable(stream, error);
      else broken.push(error);
      return;
    }
    const strangeness = strangenessOf(record, endings) ?? addedFieldOf(record);
    if (strangeness !== null && !strange.has(stream)) {
      if (!isSealed || strangeness.kind === 'added') {
        strange.set(stream, strangeRecord(record, strangeness));
      }
    }
  };
  try {
    for await (const record of eventStore.readAll()) look(record);
  } catch (error) {
    // What was read until then is told as well.
    if (!hasErrorCode(error, 'LEDGER_CORRUPT')) throw error;
    broken.push(error);
  }
  return {
    ended: endings.ended,
    unreadable: endings.unreadable,
    broken,
    unsealed: [...unsealed.values()],
    strange: [...strange.values()],
  };
}

/** What is strange about a record: that it is there, or something that was added to it. */
interface Strangeness {
  readonly kind: 'inserted' | 'added';
  readonly what: string;
}

function strangenessOf(record: RecordedEvent, endings: SessionEndings): Strangeness | null {
  const { stream, type } = record;
  const inserted = (what: string | null): Strangeness | null =>
    what === null ? null : { kind: 'inserted', what };
  if (stream.startsWith(streamPrefixes.session)) return inserted(endings.note(record));
  return inserted(isSealedStream(stream) ? null : `(${type}) is in a stream that no ledger has`);
}

/** No hash covers such a field, so that it says nothing; but whoever reads the store may believe it. */
function addedFieldOf({ metadata }: RecordedEvent): Strangeness | null {
  const added = Object.keys(metadata).find((field) => !Object.hasOwn(metadataFields, field));
  return added === undefined ? null : { kind: 'added', what: `has '${added}' in its metadata` };
}

const metadataFields: Readonly<Record<keyof EventMetadata, true>> = {
  schemaVersion: true,
  recordedAt: true,
  actor: true,
  engineVersion: true,
  cause: true,
  previousHash: true,
};

const inserted = 'it was inserted there, and is not sealed';
const added = 'no program writes that: it was added there, and nothing proves it';

function strangeRecord(
  { stream, revision }: RecordedEvent,
  { kind, what }: Strangeness,
): Tampering {
  return {
    kind: 'store-record-strange',
    message: `event ${revision} of the stream '${stream}' in the event store ${what}: ${kind === 'added' ? added : inserted}`,
    stream,
    revision,
  };
}
