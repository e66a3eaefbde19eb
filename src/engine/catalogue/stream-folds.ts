import type { InstanceEvent } from '../../domain/instance/instance-events.ts';
import {
  evolveInstance,
  initialInstance,
  type InstanceState,
} from '../../domain/instance/instance-state.ts';
import type { ScheduleEvent } from '../../domain/policy-run/schedule-events.ts';
import {
  evolveSchedule,
  initialSchedule,
  type ScheduleState,
} from '../../domain/policy-run/schedule-state.ts';
import type { CatalogueAdvance, ClaimRow } from '../../ports/catalogue-store.ts';
import type { EventStore, RecordedEvent, StreamName } from '../../ports/event-store.ts';
import { instanceCatalogue, scheduleCatalogue } from '../ledger/event-catalogues.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import { checkKnown, decodeEvent } from '../ledger/event-codec.ts';
import { followRecord, type LedgerCursor, streamBeginning } from '../ledger/ledger-cursor.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';
import { SessionFold } from '../session/session-summary.ts';
import { foldsMax } from './catalogue-limits.ts';
import { eventsWithoutRows, sessionRows } from './session-rows.ts';

type Fold = (
  | { readonly kind: 'session'; readonly fold: SessionFold; actor: string }
  | { readonly kind: 'instance'; state: InstanceState }
  | { readonly kind: 'schedule'; state: ScheduleState }
) & {
  cursor: LedgerCursor;
  /** Stopped: its next event cannot be read. Whoever works with this stream is told; lists go on. */
  reading: 'on' | 'stopped';
};

/**
 * The streams that rows are made of, folded as far as events were given. How many are in memory is
 * limited: sessions that have ended are dropped, and one that is needed again is read again.
 */
export class StreamFolds {
  readonly #eventStore: EventStore;
  readonly #folds = new Map<StreamName, Fold>();
  readonly #touched = new Map<StreamName, Fold>();

  constructor(eventStore: EventStore) {
    this.#eventStore = eventStore;
  }

  /**
   * Takes the next event of the ledger.
   *
   * @returns null when that is done; otherwise the stream has to be read again first
   * @throws LEDGER_CORRUPT
   */
  apply(record: RecordedEvent): Promise<void> | null {
    const { stream, revision } = record;
    const fold = this.#folds.get(stream) ?? emptyFold(stream);
    if (fold === null) return null;
    if (fold.cursor.nextRevision < revision) return this.#readAgain(fold, record);
    this.#evolve(fold, record);
    return null;
  }

  /** Streams that rows are to be made of. */
  get touched(): number {
    return this.#touched.size;
  }

  /** The rows of all streams that were touched since the last call. */
  takeRows(): Pick<CatalogueAdvance, 'sessions' | 'claims' | 'unreadable'> {
    const sessions: CatalogueAdvance['sessions'][number][] = [];
    const claims: ClaimRow[] = [];
    const unreadable: StreamName[] = [];
    for (const [stream, fold] of this.#touched) {
      if (fold.reading === 'stopped') unreadable.push(stream);
      if (fold.kind !== 'session') {
        claims.push({ stream, claim: fold.state.claim });
        continue;
      }
      const { state } = fold.fold;
      if (state === null) continue;
      sessions.push(sessionRows(state, fold.actor));
      if (state.status !== 'running') this.#folds.delete(stream);
    }
    this.#touched.clear();
    this.#dropOldest();
    return { sessions, claims, unreadable };
  }

  /** Forgets everything: what comes next does not follow what came last. */
  clear(): void {
    this.#folds.clear();
    this.#touched.clear();
  }

  async #readAgain(fold: Fold, record: RecordedEvent): Promise<void> {
    const limit = record.revision;
    for await (const earlier of this.#eventStore.readStream(record.stream, { limit })) {
      evolve(fold, earlier);
    }
    this.#evolve(fold, record);
  }

  #evolve(fold: Fold, record: RecordedEvent): void {
    evolve(fold, record);
    this.#folds.set(record.stream, fold);
    this.#touched.set(record.stream, fold);
  }

  #dropOldest(): void {
    for (const stream of this.#folds.keys()) {
      if (this.#folds.size <= foldsMax) return;
      this.#folds.delete(stream);
    }
  }
}

function emptyFold(stream: StreamName): Fold | null {
  const cursor = streamBeginning;
  if (stream.startsWith(streamPrefixes.session)) {
    return { kind: 'session', fold: new SessionFold(), actor: '', cursor, reading: 'on' };
  }
  if (stream.startsWith(streamPrefixes.instance)) {
    return { kind: 'instance', state: initialInstance, cursor, reading: 'on' };
  }
  if (stream.startsWith(streamPrefixes.schedule)) {
    return { kind: 'schedule', state: initialSchedule, cursor, reading: 'on' };
  }
  return null;
}

/**
 * What a newer version wrote, or what breaks its schema, stops the rows of one stream; its chain is
 * followed all the same, and one that is broken stops everything.
 */
function evolve(fold: Fold, record: RecordedEvent): void {
  fold.cursor = followRecord(fold.cursor, record);
  if (fold.reading === 'stopped') return;
  try {
    take(fold, record);
  } catch (error) {
    const isUnreadable =
      hasErrorCode(error, 'UNKNOWN_EVENT') || hasErrorCode(error, 'LEDGER_CORRUPT');
    if (!isUnreadable) throw error;
    fold.reading = 'stopped';
  }
}

function take(fold: Fold, record: RecordedEvent): void {
  switch (fold.kind) {
    case 'session':
      if (record.revision === 0) fold.actor = record.metadata.actor;
      if (eventsWithoutRows.has(record.type)) checkKnown(record, sessionCatalogue);
      else fold.fold.apply(decodeEvent<AnySessionEvent>(record, sessionCatalogue));
      return;
    case 'instance':
      fold.state = evolveInstance(
        fold.state,
        decodeEvent<InstanceEvent>(record, instanceCatalogue),
      );
      return;
    case 'schedule':
      fold.state = evolveSchedule(
        fold.state,
        decodeEvent<ScheduleEvent>(record, scheduleCatalogue),
      );
      return;
  }
}
