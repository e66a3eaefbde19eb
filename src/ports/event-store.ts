import type { Brand, TimestampMs } from '../domain/identifiers.ts';

/** A stream of events: `session-<uuid>`, `instance-<id>`, `policy-<id>`. */
export type StreamName = Brand<string, 'StreamName'>;
/** The position of an event in its stream, from 0. */
export type Revision = Brand<number, 'Revision'>;
/**
 * The position of an event among all events of the store; opaque, ordered by the store alone.
 * Valid only for the store that gave it.
 */
export type GlobalPosition = Brand<string, 'GlobalPosition'>;

/** What the stream must look like for an append to happen. There is no "any": see docs/ledger.md. */
export type ExpectedRevision = Revision | 'no-stream';

/** An event as a store takes it. Stores never look into `data`. */
export interface NewEvent {
  /** A UUID, derived from what caused the event, so that a retried append is the same append. */
  readonly id: string;
  readonly type: string;
  /** The encoded event, at most `eventSizeMaxBytes`. */
  readonly data: Uint8Array;
  /** What is known about the event besides its content. Plain JSON values only. */
  readonly metadata: EventMetadata;
}

export interface EventMetadata {
  readonly schemaVersion: number;
  readonly recordedAt: TimestampMs;
  /** Who: a person or a program, as it was told to the engine. */
  readonly actor: string;
  readonly engineVersion: string;
  /** Why: the id of the command or event that led to this one. */
  readonly cause: string;
  /** Hex SHA-256 of the record before this one in the stream; 64 zeros for the first. */
  readonly previousHash: string;
}

/** An event as it came back from a store. */
export interface RecordedEvent extends NewEvent {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly position: GlobalPosition;
}

export interface AppendResult {
  /** The revision of the last event of this append. */
  readonly revision: Revision;
}

export interface ReadStreamOptions {
  /** First revision to give; default: the first of the stream (the last, when backwards). */
  readonly from?: Revision;
  /** At most so many events; default: no limit. */
  readonly limit?: number;
  readonly direction?: 'forwards' | 'backwards';
}

export interface ReadAllOptions {
  /** Give only events after this position; default: from the beginning. */
  readonly after?: GlobalPosition;
  /** Give only streams whose names start so; default: all. */
  readonly streamPrefix?: string;
  readonly limit?: number;
}

export interface SubscribeOptions {
  readonly after?: GlobalPosition;
  readonly streamPrefix?: string;
  /** Ends the subscription: the iteration finishes without an error. */
  readonly signal: AbortSignal;
}

/** An event that was handed to this process. */
export interface HandedEvent {
  readonly record: RecordedEvent;
  /**
   * It is dealt with, and need not be handed to anybody again. That the store hears of it is not certain;
   * never rejects.
   */
  readonly done: () => Promise<void>;
}

/**
 * Where sessions are recorded. Append-only.
 *
 * Every method rejects with a SnapledgerError; besides those named below it may be
 * LEDGER_UNAVAILABLE (retryable; the outcome of an append is then unknown, and the remedy is to
 * append the same events again) or LEDGER_CORRUPT.
 */
export interface EventStore {
  /**
   * Appends all of `events` (one or more, at most `appendEventsMax`), or none of them.
   *
   * Idempotent: if the stream already holds exactly these event ids directly after
   * `expectedRevision`, nothing is written and the first result is given again.
   *
   * @throws REVISION_CONFLICT when the stream is not at `expectedRevision`.
   */
  append(
    stream: StreamName,
    expectedRevision: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<AppendResult>;

  /** The events of one stream; none for a stream that does not exist. */
  readStream(stream: StreamName, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /** The events of all streams in the order of their positions. */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /**
   * All events after a position, then every new one, for ever, each once and in order; events
   * that another process appends included.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<RecordedEvent>;

  /**
   * Hands the events of one stream out to the processes that ask for them, each to one of them: what
   * was there before anybody asked, and what comes. At least once, and in no order. What is not done
   * in time, or whose process is gone, is handed out again. Ends when `signal` aborts.
   *
   * Absent: the store cannot, and its processes find work by looking.
   */
  handOut?(stream: StreamName, signal: AbortSignal): AsyncIterable<HandedEvent>;

  close(): Promise<void>;
}

/** Limits that every event store honours. */
export const eventStoreLimits = {
  /** One encoded event. A KurrentDB server of the oldest supported version takes 1 MiB an append. */
  eventSizeMaxBytes: 512 * 1024,
  /** Events in one append. */
  appendEventsMax: 64,
  /** Characters of a stream name. */
  streamNameMaxLength: 200,
} as const;
