import { SnapledgerError } from '../domain/errors/snapledger-error.ts';
import { eventStoreLimits } from './event-store.ts';
import type {
  StreamName,
  EventMetadata,
  ExpectedRevision,
  NewEvent,
  ReadAllOptions,
  ReadStreamOptions,
} from './event-store.ts';

/*
 * What every event store refuses, whatever it is made of. Each adapter calls these before it does
 * anything, so that a simulation on the one in memory meets the same refusals as production.
 */

/** UUIDs in their one canonical spelling: stores compare ids as text. */
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const sha256HexPattern = /^[0-9a-f]{64}$/;
const controlCharacter = /\p{Cc}/u;

/**
 * A stream name is 1 to `streamNameMaxLength` characters (UTF-16 code units) of well-formed
 * Unicode without control characters, and does not begin with `$`, which KurrentDB keeps for its
 * own streams.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkStreamName(name: string): void {
  const { streamNameMaxLength } = eventStoreLimits;
  if (name.length < 1 || name.length > streamNameMaxLength) {
    refuse(
      `A stream name has 1 to ${streamNameMaxLength} characters; this one has ${name.length}.`,
      'Shorten the id that the stream is named after.',
    );
  }
  if (name.startsWith('$') || !isPlainText(name)) {
    refuse(
      `${JSON.stringify(name)} cannot name a stream: it begins with "$" or holds a control character.`,
      'Name the stream by its kind and id, such as "session-<id>".',
    );
  }
}

/**
 * Checks what is handed to `append`: the name, the revision, the number of events, and of each
 * event its id, type, size and metadata.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkAppend(
  stream: string,
  expectedRevision: ExpectedRevision,
  events: readonly NewEvent[],
): void {
  checkStreamName(stream);
  if (expectedRevision !== 'no-stream') checkCount('The expected revision', expectedRevision);
  const { appendEventsMax } = eventStoreLimits;
  if (events.length < 1 || events.length > appendEventsMax) {
    refuse(
      `One append to ${stream} takes 1 to ${appendEventsMax} events; this one has ${events.length}.`,
      'Append in several steps.',
    );
  }
  for (const event of events) checkEvent(stream, event);
  if (new Set(events.map((event) => event.id)).size !== events.length) {
    refuse(`An append to ${stream} holds the same event id twice.`, 'Give each event its own id.');
  }
}

/** @throws INVALID_ARGUMENT */
export function checkReadStream(stream: string, options: ReadStreamOptions): void {
  checkStreamName(stream);
  if (options.from !== undefined) checkCount('The first revision of a read', options.from);
  if (options.limit !== undefined) checkCount('The limit of a read', options.limit);
}

/** Positions are left to the store, which alone can read them. @throws INVALID_ARGUMENT */
export function checkReadAll(options: ReadAllOptions): void {
  if (options.limit !== undefined) checkCount('The limit of a read', options.limit);
  if (options.streamPrefix !== undefined && !isPlainText(options.streamPrefix)) {
    refuse(
      `${JSON.stringify(options.streamPrefix)} can begin no stream name: it holds a control character.`,
      'Give the beginning of a stream name, such as "session-".',
    );
  }
}

/** Whether a value read from outside is the metadata of an event; more fields may be there. */
export function isEventMetadata(value: unknown): value is EventMetadata {
  return (
    isJsonValue(value) &&
    typeof value === 'object' &&
    value !== null &&
    'schemaVersion' in value &&
    Number.isSafeInteger(value.schemaVersion) &&
    'recordedAt' in value &&
    Number.isSafeInteger(value.recordedAt) &&
    'actor' in value &&
    typeof value.actor === 'string' &&
    'engineVersion' in value &&
    typeof value.engineVersion === 'string' &&
    'cause' in value &&
    typeof value.cause === 'string' &&
    'previousHash' in value &&
    typeof value.previousHash === 'string' &&
    sha256HexPattern.test(value.previousHash)
  );
}

function checkEvent(stream: string, event: NewEvent): void {
  const where = `The event ${JSON.stringify(event.id)} for ${stream}`;
  if (!uuidPattern.test(event.id)) {
    refuse(`${where} has no UUID in lower case for its id.`, 'Derive the id as a UUID.');
  }
  if (event.type === '' || !isPlainText(event.type)) {
    refuse(`${where} has no usable type.`, 'Name the type of the event.');
  }
  const { eventSizeMaxBytes } = eventStoreLimits;
  if (event.data.byteLength > eventSizeMaxBytes) {
    refuse(
      `${where} has ${event.data.byteLength} bytes of data; ${eventSizeMaxBytes} are allowed.`,
      'Record it as several events.',
    );
  }
  if (!isEventMetadata(event.metadata)) {
    refuse(
      `${where} has metadata that is incomplete or not plain JSON.`,
      'Give every field of the metadata, as plain JSON values.',
    );
  }
}

function checkCount(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  refuse(`${what} is ${value}; it must be a whole number from 0.`, 'Give a whole number from 0.');
}

function isPlainText(text: string): boolean {
  return text.isWellFormed() && !controlCharacter.test(text);
}

function isJsonValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJsonValue);
      return isPlainObject(value) && Object.values(value).every(isJsonValue);
    case 'bigint':
    case 'symbol':
    case 'undefined':
    case 'function':
      return false;
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refuse(message: string, remedy: string): never {
  throw new SnapledgerError('INVALID_ARGUMENT', message, { remedy });
}

/**
 * The refusal of an append to a stream that is elsewhere.
 *
 * @param actualRevision -1 when the stream does not exist
 */
export function revisionConflict(
  stream: StreamName,
  expectedRevision: ExpectedRevision,
  actualRevision: number,
): SnapledgerError {
  const actual = actualRevision < 0 ? 'does not exist' : `is at revision ${actualRevision}`;
  return new SnapledgerError(
    'REVISION_CONFLICT',
    `The stream ${stream} ${actual}, not at ${expectedRevision} as the append expects.`,
    {
      remedy: 'Read the stream again and decide anew.',
      details: { stream, expectedRevision, actualRevision },
    },
  );
}
