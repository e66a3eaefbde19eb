import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Mismatch } from '../../domain/shape/compile-check.ts';
import { keepKnown } from '../../domain/shape/keep-known.ts';
import { formatPath } from '../../domain/shape/shape-problem.ts';
import type { RecordedEvent } from '../../ports/event-store.ts';
import type { DomainEvent } from './domain-event.ts';
import type { EventCatalogue, EventVersion } from './event-schema.ts';

const corruptRemedy =
  'Bring the ledger back from a copy of the vault; the repository is not affected.';

/** Plain maps with string keys, so that any msgpack reader can show an event. */
const packr = new Packr({ useRecords: false });

/** What is recorded of an event besides its type. */
export interface EncodedEvent {
  readonly data: Uint8Array;
  readonly schemaVersion: number;
}

/**
 * @throws INTERNAL when the data are not what the schema of the type says: that is a defect of this
 *   program, and must not become a fact
 */
export function encodeEvent<Event extends DomainEvent>(
  event: Event,
  catalogue: EventCatalogue<Event>,
): EncodedEvent {
  const type: Event['type'] = event.type;
  const { schemaVersion, checkWritten } = catalogue[type];
  const mismatch = checkWritten(event.data);
  if (mismatch !== null) {
    throw new SnapledgerError(
      'INTERNAL',
      `a '${type}' breaks its schema and was not recorded: ${inWords(mismatch)}`,
    );
  }
  return { data: encodeEventData(event), schemaVersion };
}

export function encodeEventData(event: DomainEvent): Uint8Array {
  return packr.pack(event.data);
}

/**
 * Gives an event as today's version of its type has it, whatever version was written.
 *
 * @throws UNKNOWN_EVENT for a type or version that this program does not know: a newer engine
 *   wrote it
 * @throws LEDGER_CORRUPT when the data cannot be decoded, or are not what the schema of their version
 *   says; the message names the field
 */
export function decodeEvent<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): Event {
  const { type, versions } = knownVersions(recorded, catalogue);
  const [written] = versions;
  let data = knownData(recorded, written);
  for (const { toNext } of versions) {
    if (toNext !== null) data = toNext(data);
  }
  return { type, data } as Event;
}

/** Without what a newer program has added: whoever copies a part into a new event knows what it is. */
function knownData(recorded: RecordedEvent, version: EventVersion): object {
  const data = unpackMap(recorded);
  if (version.checkExact(data) === null) return data;
  const mismatch = version.checkRead(data);
  if (mismatch !== null) throw breaksSchema(recorded, mismatch);
  return keepKnown(version.shape, data) as object;
}

/**
 * Sees that an event whose data nobody needs is one that this program could read.
 *
 * @throws UNKNOWN_EVENT; LEDGER_CORRUPT when its version is none
 */
export function checkKnown<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): void {
  knownVersions(recorded, catalogue);
}

/** From the one that was written to today's. */
type VersionsOnward = readonly [EventVersion, ...EventVersion[]];

function knownVersions<Event extends DomainEvent>(
  recorded: RecordedEvent,
  catalogue: EventCatalogue<Event>,
): { readonly type: Event['type']; readonly versions: VersionsOnward } {
  const { type, metadata } = recorded;
  if (!isTypeOf(type, catalogue)) {
    throw unknown(recorded, `of the type '${type}'`);
  }
  const { schemaVersion, versions } = catalogue[type];
  if (metadata.schemaVersion > schemaVersion) {
    throw unknown(recorded, `a '${type}' of version ${metadata.schemaVersion}`);
  }
  const [written, ...later] =
    metadata.schemaVersion >= 1 ? versions.slice(metadata.schemaVersion - 1) : [];
  if (written === undefined || !Number.isInteger(metadata.schemaVersion)) {
    throw undecodable(recorded);
  }
  return { type, versions: [written, ...later] };
}

function unpackMap(recorded: RecordedEvent): object {
  let value: unknown;
  try {
    value = packr.unpack(recorded.data);
  } catch (cause) {
    throw undecodable(recorded, cause);
  }
  if (!isMap(value)) {
    throw undecodable(recorded);
  }
  return value;
}

function breaksSchema(recorded: RecordedEvent, mismatch: Mismatch): SnapledgerError {
  const { stream, revision, type, metadata } = recorded;
  return new SnapledgerError(
    'LEDGER_CORRUPT',
    `event ${revision} of the stream '${stream}' is not what a '${type}' of version ${metadata.schemaVersion} is: ${inWords(mismatch)}`,
    {
      details: { stream, revision, field: formatPath(mismatch.path) },
      remedy: corruptRemedy,
    },
  );
}

function inWords({ path, found, expected }: Mismatch): string {
  return `${formatPath(path)} ${found}; it has to be ${expected}`;
}

function undecodable({ stream, revision }: RecordedEvent, cause?: unknown): SnapledgerError {
  const message = `event ${revision} of the stream '${stream}' cannot be decoded`;
  return new SnapledgerError('LEDGER_CORRUPT', message, {
    cause,
    details: { stream, revision },
    remedy: corruptRemedy,
  });
}

function isTypeOf<Event extends DomainEvent>(
  type: string,
  catalogue: EventCatalogue<Event>,
): type is Event['type'] {
  return Object.hasOwn(catalogue, type);
}

function unknown({ stream, revision }: RecordedEvent, what: string): SnapledgerError {
  return new SnapledgerError(
    'UNKNOWN_EVENT',
    `event ${revision} of the stream '${stream}' is ${what}, which this version does not know`,
    { remedy: 'Use the newer version of snapledger that wrote it.', details: { stream, revision } },
  );
}

function isMap(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
