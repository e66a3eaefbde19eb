import { isSnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { SessionId } from '../../../domain/identifiers.ts';
import type { StreamName } from '../../../ports/event-store.ts';
import { decodeEvent } from '../../ledger/event-codec.ts';
import type { StreamRecord } from '../../ledger/record-bytes.ts';
import { streamPrefixes } from '../../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../../session/session-reader.ts';
import { SessionFold, type SummaryFacts, summaryFacts } from '../../session/session-summary.ts';
import type { TimelineChange, Told } from '../timeline/timeline-entry.ts';
import { SessionTeller } from '../timeline/told-by-session.ts';

/** A session in a few words. */
export interface SessionOutline {
  readonly sessionId: SessionId;
  /** Who recorded its first event. */
  readonly actor: string;
  /** Null: its events are not those of a session that this version knows. */
  readonly facts: SummaryFacts | null;
  /** What it made and restored. */
  readonly made: readonly Told[];
  readonly removed: readonly Told[];
}

const making: readonly TimelineChange[] = ['taken', 'committed', 'restored'];

/** Null for records of another kind of stream. */
export function sessionOutline(
  stream: StreamName,
  records: readonly StreamRecord[],
): SessionOutline | null {
  const [first] = records;
  if (first === undefined || !stream.startsWith(streamPrefixes.session)) return null;
  const sessionId = stream.slice(streamPrefixes.session.length) as SessionId;
  const { actor } = first.metadata;
  try {
    const fold = new SessionFold();
    const teller = new SessionTeller();
    const told: Told[] = [];
    for (const record of records) {
      const event = decodeEvent<AnySessionEvent>(record, sessionCatalogue);
      fold.apply(event);
      told.push(...teller.tell(event, sessionId));
    }
    return {
      sessionId,
      actor,
      facts: fold.state === null ? null : summaryFacts(fold.state),
      made: told.filter(
        ({ subject, what }) =>
          making.includes(what) || (subject === 'replica' && what === 'completed'),
      ),
      removed: told.filter(({ what }) => what === 'removed'),
    };
  } catch (error) {
    // A newer version wrote it, or somebody else did: its events are shown all the same.
    if (!isSnapledgerError(error)) throw error;
    return { sessionId, actor, facts: null, made: [], removed: [] };
  }
}
