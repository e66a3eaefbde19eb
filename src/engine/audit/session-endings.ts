import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../domain/identifiers.ts';
import type { RecordedEvent, StreamName } from '../../ports/event-store.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import { decodeEvent } from '../ledger/event-codec.ts';
import { sessionStream, streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import { SessionFold } from '../session/session-summary.ts';

export interface EndedSession {
  readonly sessionId: SessionId;
  readonly stream: StreamName;
}

export interface UnreadableSession extends EndedSession {
  readonly error: SnapledgerError;
}

/** What no session has in this place, in words that follow the name of the record. */
export type Strangeness = string;

const startTypes: readonly AnySessionEvent['type'][] = [
  'SessionStarted',
  'RestoreStarted',
  'PolicyRunStarted',
  'RepositorySessionStarted',
];

/**
 * Which sessions have ended, by the events alone: who verifies relies on nothing that was made of them
 * before. What is sensitive is left sealed.
 */
export class SessionEndings {
  readonly #open = new Map<StreamName, SessionFold>();
  /** Nothing more of them is folded: they have ended, or cannot be read further. */
  readonly #closed = new Map<StreamName, 'ended' | 'unreadable' | 'strange'>();
  readonly #ended: EndedSession[] = [];
  readonly #unreadable: UnreadableSession[] = [];

  get ended(): readonly EndedSession[] {
    return this.#ended;
  }

  /**
   * Of which not every event can be read, and why: damaged, or written by a newer version. Those that had
   * ended before that are among the others too.
   */
  get unreadable(): readonly UnreadableSession[] {
    return this.#unreadable;
  }

  /** To be called with the records of each session in order. @returns null for one that fits */
  note(record: RecordedEvent): Strangeness | null {
    const { stream, type } = record;
    const closed = this.#closed.get(stream);
    if (closed === 'ended') {
      this.#tryToRead(record);
      return `(${type}) stands behind the end of its session`;
    }
    if (closed !== undefined) return null;
    const event = this.#tryToRead(record);
    if (event === null) return null;
    const fold = this.#open.get(stream) ?? new SessionFold();
    const strangeness = applied(fold, event, stream);
    if (strangeness !== null) {
      this.#close(stream, 'strange');
      return strangeness;
    }
    this.#open.set(stream, fold);
    if (fold.state !== null && fold.state.status !== 'running') {
      this.#ended.push({ sessionId: fold.state.sessionId, stream });
      this.#close(stream, 'ended');
    }
    return null;
  }

  /** The rest of the stream cannot be read. */
  noteUnreadable(stream: StreamName, error: SnapledgerError): void {
    const isKnown = this.#unreadable.some((one) => one.stream === stream);
    if (!isKnown) {
      const sessionId = stream.slice(streamPrefixes.session.length) as SessionId;
      this.#unreadable.push({ sessionId, stream, error });
    }
    if (!this.#closed.has(stream)) this.#close(stream, 'unreadable');
  }

  #tryToRead(record: RecordedEvent): AnySessionEvent | null {
    try {
      return decodeEvent(record, sessionCatalogue);
    } catch (error) {
      if (!hasErrorCode(error, ...unreadableCodes)) throw error;
      // Behind the end of a session it is wrong already that something is there.
      const isAfterEnd = this.#closed.get(record.stream) === 'ended';
      if (!isAfterEnd || error.code === 'UNKNOWN_EVENT') this.noteUnreadable(record.stream, error);
      return null;
    }
  }

  #close(stream: StreamName, why: 'ended' | 'unreadable' | 'strange'): void {
    this.#open.delete(stream);
    this.#closed.set(stream, why);
  }
}

function applied(
  fold: SessionFold,
  event: AnySessionEvent,
  stream: StreamName,
): Strangeness | null {
  const isStart = startTypes.includes(event.type);
  if (isStart !== (fold.state === null)) {
    return isStart ? `(${event.type}) begins a session that had begun` : 'begins no session';
  }
  try {
    fold.apply(event);
  } catch {
    // Whatever a fold asserts of what comes next: no engine records what does not go on from it.
    return `(${event.type}) does not go on from what was recorded before it`;
  }
  const { state } = fold;
  if (state === null || sessionStream(state.sessionId) === stream) return null;
  return `says that this is the session ${state.sessionId}, which is another one`;
}
