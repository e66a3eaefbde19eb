import { Packr } from 'msgpackr';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { forgotten, type Sensitive } from '../../domain/sensitive/sensitive.ts';
import type { Mismatch } from '../../domain/shape/compile-check.ts';
import { keepKnown } from '../../domain/shape/keep-known.ts';
import type { SealedValue } from '../../domain/shape/sealed-value.ts';
import { changeSensitive } from '../../domain/shape/sensitive-places.ts';
import { formatPath, type ShapePath } from '../../domain/shape/shape-problem.ts';
import type { StreamRecord } from './record-bytes.ts';
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

/** What is sensitive, sealed for its place; docs/ledger.md. */
export type SealSensitive = (value: unknown, path: ShapePath) => SealedValue;

/** What was sealed, or that it is forgotten. */
export type OpenSensitive = (value: SealedValue, path: ShapePath) => Sensitive<unknown>;

/** For whoever does not look at what is sensitive: that it is forgotten is what he would be told. */
export const leaveSealed: OpenSensitive = () => forgotten;

const nothingToSealWith: SealSensitive = (_, path) => {
  throw new SnapledgerError('INTERNAL', `there is no key to seal ${formatPath(path)} with`);
};

/** Whether an event has anything in it that has to be sealed. */
export function hasSensitive<Event extends DomainEvent>(
  event: Event,
  catalogue: EventCatalogue<Event>,
): boolean {
  const type: Event['type'] = event.type;
  const { shape } = catalogue[type];
  let found = false;
  changeSensitive(shape, event.data, (value) => {
    found = true;
    return value;
  });
  return found;
}

/**
 * @param seal not needed for an event that has nothing sensitive
 * @throws INTERNAL when the data are not what the schema of the type says: that is a defect of this
 *   program, and must not become a fact
 */
export function encodeEvent<Event extends DomainEvent>(
  event: Event,
  catalogue: EventCatalogue<Event>,
  seal: SealSensitive = nothingToSealWith,
): EncodedEvent {
  const type: Event['type'] = event.type;
  const { schemaVersion, shape, checkWritten } = catalogue[type];
  const mismatch = checkWritten(event.data);
  if (mismatch !== null) {
    throw new SnapledgerError(
      'INTERNAL',
      `a '${type}' breaks its schema and was not recorded: ${inWords(mismatch)}`,
    );
  }
  const data = changeSensitive(shape, event.data, (value, path) => {
    const sensitive = value as Sensitive<unknown>;
    if (sensitive.kind === 'known') return seal(sensitive.value, path);
    throw new SnapledgerError('INTERNAL', `${formatPath(path)} is forgotten: it is no news`);
  });
  return { data: encodeEventData({ type, data: data as object }), schemaVersion };
}

export function encodeEventData(event: DomainEvent): Uint8Array {
  return packr.pack(event.data);
}

/** An event that was read and checked, with what is sensitive still sealed. */
export interface CheckedEvent<Event extends DomainEvent> {
  readonly type: Event['type'];
  readonly versions: VersionsOnward;
  readonly data: object;
  readonly sealed: readonly SealedValue[];
}

/**
 * Gives an event as today's version of its type has it, whatever version was written.
 *
 * @param open default: what is sensitive is not looked at, and given as forgotten
 * @throws UNKNOWN_EVENT for a type or version that this program does not know: a newer engine
 *   wrote it
 * @throws LEDGER_CORRUPT when the data cannot be decoded, or are not what the schema of their version
 *   says; the message names the field
 */
export function decodeEvent<Event extends DomainEvent>(
  recorded: StreamRecord,
  catalogue: EventCatalogue<Event>,
  open: OpenSensitive = leaveSealed,
): Event {
  return openEvent(checkEvent(recorded, catalogue), recorded, open);
}

/** The first half of `decodeEvent`; tells what has to be opened. @throws as that */
export function checkEvent<Event extends DomainEvent>(
  recorded: StreamRecord,
  catalogue: EventCatalogue<Event>,
): CheckedEvent<Event> {
  const { type, versions } = knownVersions(recorded, catalogue);
  const [written] = versions;
  const data = knownData(recorded, written);
  const sealed: SealedValue[] = [];
  if (written.checkOpened !== null) {
    changeSensitive(written.shape, data, (value) => {
      sealed.push(value as SealedValue);
      return value;
    });
  }
  return { type, versions, data, sealed };
}

/** The second half of `decodeEvent`. @throws as that */
export function openEvent<Event extends DomainEvent>(
  { type, versions, data: checked }: CheckedEvent<Event>,
  recorded: StreamRecord,
  open: OpenSensitive,
): Event {
  const [written] = versions;
  let data = checked;
  if (written.checkOpened !== null) {
    data = changeSensitive(written.shape, data, (value, path) =>
      open(value as SealedValue, path),
    ) as object;
    const mismatch = written.checkOpened(data);
    if (mismatch !== null) throw breaksSchema(recorded, mismatch);
  }
  for (const { toNext } of versions) {
    if (toNext !== null) data = toNext(data);
  }
  return { type, data } as Event;
}

/** Without what a newer program has added: whoever copies a part into a new event knows what it is. */
function knownData(recorded: StreamRecord, version: EventVersion): object {
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
  recorded: StreamRecord,
  catalogue: EventCatalogue<Event>,
): void {
  knownVersions(recorded, catalogue);
}

/** From the one that was written to today's. */
type VersionsOnward = readonly [EventVersion, ...EventVersion[]];

function knownVersions<Event extends DomainEvent>(
  recorded: StreamRecord,
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

function unpackMap(recorded: StreamRecord): object {
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

function breaksSchema(recorded: StreamRecord, mismatch: Mismatch): SnapledgerError {
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

function undecodable({ stream, revision }: StreamRecord, cause?: unknown): SnapledgerError {
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

function unknown({ stream, revision }: StreamRecord, what: string): SnapledgerError {
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
