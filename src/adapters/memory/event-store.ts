import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type {
  AppendResult,
  EventStore,
  ExpectedRevision,
  GlobalPosition,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  Revision,
  StreamName,
  SubscribeOptions,
} from '../../ports/event-store.ts';
import {
  checkAppend,
  checkReadAll,
  checkReadStream,
  isEventMetadata,
  revisionConflict,
} from '../../ports/event-store-rules.ts';
import { MemoryEventLog } from './event-store-log.ts';
import type { LoggedEvent } from './event-store-log.ts';

export interface MemoryEventStoreOptions {
  /** The log to work on; default: a new one. Several stores on one log are several processes. */
  readonly log?: MemoryEventLog;
}

/**
 * An event store without a disk, for simulations and tests: what was appended is gone with its
 * log. Needs no clock; everything happens as soon as it is asked for.
 */
export function createMemoryEventStore(options: MemoryEventStoreOptions = {}): EventStore {
  return new MemoryEventStore(options.log ?? new MemoryEventLog());
}

class MemoryEventStore implements EventStore {
  readonly #log: MemoryEventLog;
  readonly #closing = new AbortController();

  constructor(log: MemoryEventLog) {
    this.#log = log;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a refusal must reject, not throw
  async append(
    stream: StreamName,
    expectedRevision: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendResult> {
    this.#assertOpen();
    checkAppend(stream, expectedRevision, events);
    const recorded = this.#log.stream(stream);
    const first = expectedRevision === 'no-stream' ? 0 : expectedRevision + 1;
    if (recorded.length !== first) {
      const isRepeat = events.every((event, index) => recorded[first + index]?.id === event.id);
      if (!isRepeat) throw revisionConflict(stream, expectedRevision, recorded.length - 1);
    } else {
      for (const event of events) this.#refuseKnownId(stream, event.id);
      this.#log.append(stream, events);
    }
    return { revision: (first + events.length - 1) as Revision };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port's reads are asynchronous
  async *readStream(
    stream: StreamName,
    options: ReadStreamOptions = {},
  ): AsyncGenerator<RecordedEvent> {
    this.#assertOpen();
    checkReadStream(stream, options);
    const { from, limit = Infinity, direction = 'forwards' } = options;
    const recorded = this.#log.stream(stream);
    const chosen =
      direction === 'forwards'
        ? recorded.slice(from ?? 0)
        : recorded.slice(0, (from ?? recorded.length) + 1).reverse();
    for (const event of chosen.slice(0, limit)) {
      this.#assertOpen();
      yield toRecordedEvent(event);
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port's reads are asynchronous
  async *readAll(options: ReadAllOptions = {}): AsyncGenerator<RecordedEvent> {
    this.#assertOpen();
    checkReadAll(options);
    const { streamPrefix = '', limit = Infinity } = options;
    const chosen = this.#log.events
      .slice(this.#positionOf(options.after))
      .filter((event) => event.stream.startsWith(streamPrefix));
    for (const event of chosen.slice(0, limit)) {
      this.#assertOpen();
      yield toRecordedEvent(event);
    }
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<RecordedEvent> {
    const { signal, streamPrefix = '' } = options;
    this.#assertOpen();
    checkReadAll(options);
    let position = this.#positionOf(options.after);
    while (!signal.aborted) {
      this.#assertOpen();
      const event = this.#log.events[position];
      if (event === undefined) {
        await this.#nextAppend(signal);
        continue;
      }
      position = event.position;
      if (event.stream.startsWith(streamPrefix)) yield toRecordedEvent(event);
    }
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  #positionOf(after: GlobalPosition | undefined): number {
    const position = parsePosition(after);
    const end = this.#log.events.length;
    if (position <= end) return position;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `The position ${position} lies beyond the end of the ledger in memory, which is ${end}.`,
      { remedy: 'It is of another ledger: begin without it.' },
    );
  }

  #nextAppend(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        forget();
        signal.removeEventListener('abort', wake);
        this.#closing.signal.removeEventListener('abort', wake);
        resolve();
      };
      const forget = this.#log.onAppend(wake);
      signal.addEventListener('abort', wake);
      this.#closing.signal.addEventListener('abort', wake);
    });
  }

  #refuseKnownId(stream: StreamName, id: string): void {
    const holder = this.#log.holderOf(id);
    if (holder === undefined) return;
    throw new SnapledgerError(
      'INVALID_ARGUMENT',
      `The event ${id} for ${stream} is recorded already, in ${holder.stream} at revision ${holder.revision}.`,
      { remedy: 'Derive the id of an event from its stream and revision.' },
    );
  }

  #assertOpen(): void {
    if (!this.#closing.signal.aborted) return;
    throw new SnapledgerError('LEDGER_UNAVAILABLE', 'The ledger in memory was closed.', {
      remedy: 'Open it again.',
    });
  }
}

function toRecordedEvent(event: LoggedEvent): RecordedEvent {
  const metadata: unknown = JSON.parse(event.metadata);
  assert(isEventMetadata(metadata), 'the log holds what checkAppend let in');
  return {
    id: event.id,
    type: event.type,
    data: event.data.slice(),
    metadata,
    stream: event.stream,
    revision: event.revision as Revision,
    position: String(event.position) as GlobalPosition,
  };
}

function parsePosition(after: GlobalPosition | undefined): number {
  if (after === undefined) return 0;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new SnapledgerError(
    'INVALID_ARGUMENT',
    `${JSON.stringify(after)} is no position of this ledger.`,
    { remedy: 'Give the position of an event that was read from this ledger.' },
  );
}
