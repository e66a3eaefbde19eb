import type { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { isSnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, TimestampMs } from '../../domain/identifiers.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  EventStore,
  ExpectedRevision,
  GlobalPosition,
  NewEvent,
  RecordedEvent,
  Revision,
  StreamName,
} from '../../ports/event-store.ts';
import type { RandomSource } from '../../ports/random-source.ts';
import type { RetryPolicy } from '../retry/retry-policy.ts';
import { type RetryContext, withRetries } from '../retry/with-retries.ts';
import type { SensitiveKeySource } from '../sensitive/sensitive-keys.ts';
import type { DomainEvent } from './domain-event.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';
import type { EventCatalogue } from './event-schema.ts';
import { eventId } from './event-id.ts';
import { assertSize } from './event-size.ts';
import {
  type Decode,
  entriesOf,
  type ReadableEntry,
  readableEntriesOf,
  recordsOf,
  type WantedStreams,
} from './entries-of-streams.ts';
import { EndedStates } from './ended-states.ts';
import { followRecord, type LedgerCursor, streamBeginning } from './ledger-cursor.ts';
import { genesisHash, recordHash } from './record-hash.ts';
import { SensitiveFields, type SensitiveStreams } from './sensitive-fields.ts';

/** How the events of one kind of stream become a state. */
export interface Aggregate<State, Event extends DomainEvent> extends SensitiveStreams<
  State,
  Event
> {
  readonly initial: State;
  readonly evolve: (state: State, event: Event) => State;
  /** Whether nothing can be appended any more. Such a state is read once, and then remembered. */
  readonly isEnded?: (state: State) => boolean;
}

/** A stream as it was when it was last looked at. */
export interface Loaded<State> {
  readonly stream: StreamName;
  readonly state: State;
  readonly revision: ExpectedRevision;
  /** Hash of the last record. */
  readonly lastHash: string;
}

/** A decoded event together with its record. */
export interface LedgerEntry<Event extends DomainEvent> {
  readonly event: Event;
  readonly record: RecordedEvent;
  /** Where reading goes on after it. */
  readonly next: LedgerCursor;
}

/**
 * What becomes of sensitive fields. `left`: whoever reads does not look at them, and gets them as forgotten;
 * no key is needed for that, and the repository is asked for nothing.
 */
export type SensitiveReading = 'opened' | 'left';

export interface ReadingOptions {
  /** Only what was recorded up to this moment; null, the default: all. */
  readonly at?: TimestampMs | null;
  /** Default: `opened`. */
  readonly sensitive?: SensitiveReading;
}

export interface EntriesOptions extends Pick<ReadingOptions, 'sensitive'> {
  /** Where an earlier reading ended; default: the beginning. */
  readonly cursor?: LedgerCursor;
}

export interface LedgerOptions {
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly engineId: EngineId;
  readonly actor: string;
  readonly engineVersion: string;
  readonly retryPolicy: RetryPolicy;
  /** For what is sensitive; a ledger of streams that have nothing of the kind needs none. */
  readonly sensitiveKeys?: SensitiveKeySource;
}

/** Reads streams into states and appends decisions to them, each record chained to the last. */
export class Ledger {
  readonly #options: LedgerOptions;
  readonly #sensitive: SensitiveFields;
  readonly #ended = new EndedStates();

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#sensitive = new SensitiveFields(options.sensitiveKeys ?? null, this.#retry());
  }

  /**
   * Reads again while the store says that this may help.
   *
   * @param options what is loaded as of a moment is for looking at: nothing can be appended to it
   * @throws LEDGER_CORRUPT when a record is not the one that its successor was chained to
   */
  load<State, Event extends DomainEvent>(
    stream: StreamName,
    aggregate: Aggregate<State, Event>,
    options: ReadingOptions = {},
  ): Promise<Loaded<State>> {
    const { at = null, sensitive = 'opened' } = options;
    const fold = (): Promise<Loaded<State>> =>
      withRetries(() => this.#fold(stream, aggregate, options), this.#retry());
    // What was opened is not kept: its subject may be forgotten meanwhile.
    return at === null && sensitive === 'left' ? this.#ended.get(stream, aggregate, fold) : fold();
  }

  async #fold<State, Event extends DomainEvent>(
    stream: StreamName,
    aggregate: Aggregate<State, Event>,
    { at = null, sensitive = 'opened' }: ReadingOptions,
  ): Promise<Loaded<State>> {
    let state = aggregate.initial;
    let revision: ExpectedRevision = 'no-stream';
    let lastHash = genesisHash;
    const { catalogue } = aggregate;
    // Not patient with keys: all of it is tried again.
    const decode: Decode<Event> = (record) =>
      sensitive === 'left'
        ? decodeEvent(record, catalogue)
        : this.#sensitive.decode(record, catalogue);
    for await (const { event, record, next } of this.#entries(stream, decode, streamBeginning)) {
      if (at !== null && record.metadata.recordedAt > at) break;
      state = aggregate.evolve(state, event);
      revision = record.revision;
      lastHash = next.lastHash;
    }
    return { stream, state, revision, lastHash };
  }

  /**
   * The events of a stream in order, each checked against the one before.
   *
   * @throws LEDGER_CORRUPT, and what getting the key of a sensitive field throws
   */
  entries<Event extends DomainEvent>(
    stream: StreamName,
    catalogue: EventCatalogue<Event>,
    { cursor = streamBeginning, sensitive = 'opened' }: EntriesOptions = {},
  ): AsyncGenerator<LedgerEntry<Event>, void> {
    return this.#entries(stream, this.#decoder(catalogue, sensitive), cursor);
  }

  #decoder<Event extends DomainEvent>(
    catalogue: EventCatalogue<Event>,
    sensitive: SensitiveReading,
  ): Decode<Event> {
    return (record) =>
      sensitive === 'left'
        ? decodeEvent(record, catalogue)
        : this.#sensitive.decodePatiently(record, catalogue);
  }

  async *#entries<Event extends DomainEvent>(
    stream: StreamName,
    decode: Decode<Event>,
    cursor: LedgerCursor,
  ): AsyncGenerator<LedgerEntry<Event>, void> {
    let next = cursor;
    const from = cursor.nextRevision as Revision;
    for await (const record of this.#options.eventStore.readStream(stream, { from })) {
      next = followRecord(next, record);
      const decoded = decode(record);
      const event = decoded instanceof Promise ? await decoded : decoded;
      yield { event, record, next };
    }
  }

  /**
   * The events of all streams of one kind in the order in which they were recorded, each checked
   * against the one before in its stream; what is sensitive is left sealed, and given as forgotten.
   *
   * @throws LEDGER_CORRUPT
   */
  entriesOfAll<Event extends DomainEvent>(
    streamPrefix: string,
    catalogue: EventCatalogue<Event>,
  ): AsyncGenerator<{ readonly event: Event; readonly record: RecordedEvent }, void> {
    const records = this.#options.eventStore.readAll({ streamPrefix });
    return entriesOf(records, (record) => decodeEvent(record, catalogue));
  }

  /**
   * As `entriesOfAll`; but a stream that cannot be read stops no other: it is told of once, with why, and
   * nothing of it comes after that. What is sensitive can be opened.
   */
  readableEntriesOfAll<Event extends DomainEvent>(
    wanted: WantedStreams,
    catalogue: EventCatalogue<Event>,
    { at = null, sensitive = 'opened' }: ReadingOptions = {},
  ): AsyncGenerator<ReadableEntry<Event>, void> {
    const records = recordsOf(this.#options.eventStore, wanted);
    return readableEntriesOf(records, this.#decoder(catalogue, sensitive), at);
  }

  /**
   * Which streams of one kind got events after a position, and the position to go on from. Nothing of
   * them is decoded or checked: whoever wants to know what happened loads them.
   *
   * @param after default: the beginning
   */
  streamsChanged(
    streamPrefix: string,
    after: GlobalPosition | null,
  ): Promise<{
    readonly streams: ReadonlySet<StreamName>;
    readonly position: GlobalPosition | null;
  }> {
    const { eventStore } = this.#options;
    return withRetries(async () => {
      const streams = new Set<StreamName>();
      let position = after;
      const options = after === null ? { streamPrefix } : { streamPrefix, after };
      for await (const record of eventStore.readAll(options)) {
        streams.add(record.stream);
        position = record.position;
      }
      return { streams, position };
    }, this.#retry());
  }

  /**
   * Appends what was decided on the loaded state and gives the state after it.
   *
   * The ids of the events are made of stream, revision, engine, cause, index and data: repeating
   * an append whose outcome is unknown is the same append. That of another engine, or one that
   * says something else, is another one.
   *
   * @throws REVISION_CONFLICT when the stream has moved on since it was loaded
   * @throws what getting the key of a sensitive field throws; then nothing is appended
   * @throws INTERNAL when an event is not what its schema says; then nothing is appended
   * @throws LIMIT_EXCEEDED when an event is too large; then nothing is appended
   */
  async append<State, Event extends DomainEvent>(
    loaded: Loaded<State>,
    events: readonly Event[],
    cause: string,
    aggregate: Aggregate<State, Event>,
  ): Promise<Loaded<State>> {
    if (events.length === 0) return loaded;
    const { eventStore, clock, engineId } = this.#options;
    const { stream, revision: expected } = loaded;
    const first = expected === 'no-stream' ? 0 : expected + 1;
    const recordedAt = clock.now();

    let { state, lastHash } = loaded;
    const newEvents: NewEvent[] = [];
    for (const [index, event] of events.entries()) {
      const sealer = this.#sensitive.sealerFor(event, aggregate, stream, state);
      const seal = sealer === undefined ? undefined : await sealer;
      const { data, schemaVersion } = encodeEvent(event, aggregate.catalogue, seal);
      assertSize(event.type, data);
      const newEvent: NewEvent = {
        id: eventId({ stream, first, cause, index, engineId }, data),
        type: event.type,
        data,
        metadata: {
          schemaVersion,
          recordedAt,
          actor: this.#options.actor,
          engineVersion: this.#options.engineVersion,
          cause,
          previousHash: lastHash,
        },
      };
      lastHash = recordHash(stream, first + index, newEvent);
      state = aggregate.evolve(state, event);
      newEvents.push(newEvent);
    }
    await withRetries(() => eventStore.append(stream, expected, newEvents), this.#retry());
    return { stream, state, revision: (first + events.length - 1) as Revision, lastHash };
  }

  /**
   * Whether what is sensitive about a subject can be recorded now; its key is made if there is none.
   *
   * @returns null, or why not
   */
  async sealingProblem(subject: StreamName): Promise<SnapledgerError | null> {
    try {
      await this.#sensitive.obtainKey(subject);
      return null;
    } catch (error) {
      if (!isSnapledgerError(error)) throw error;
      return error;
    }
  }

  #retry(): RetryContext {
    const { retryPolicy: policy, clock, random } = this.#options;
    return { policy, clock, random };
  }
}
