import { assert } from '../../domain/errors/assert.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { forgotten, known } from '../../domain/sensitive/sensitive.ts';
import { formatPath } from '../../domain/shape/shape-problem.ts';
import type { RecordedEvent, StreamName } from '../../ports/event-store.ts';
import { type RetryContext, withRetries } from '../retry/with-retries.ts';
import { openValue, sealValue } from '../sensitive/sealed-values.ts';
import type { SensitiveKey } from '../sensitive/sensitive-key.ts';
import type { SensitiveKeySource } from '../sensitive/sensitive-keys.ts';
import type { DomainEvent } from './domain-event.ts';
import {
  checkEvent,
  type CheckedEvent,
  hasSensitive,
  leaveSealed,
  openEvent,
  type SealSensitive,
} from './event-codec.ts';
import type { EventCatalogue } from './event-schema.ts';

/** Of an aggregate: the types that its streams hold, and whose key seals what is sensitive in them. */
export interface SensitiveStreams<State, Event extends DomainEvent> {
  readonly catalogue: EventCatalogue<Event>;
  /** Whom the next event is about; not needed where nothing is sensitive. */
  readonly subjectOf?: (state: State, stream: StreamName) => string | null;
}

/**
 * Opens and seals what is sensitive in events. The repository, where the keys are, is asked for nothing
 * while there is nothing of the kind.
 */
export class SensitiveFields {
  readonly #source: SensitiveKeySource | null;
  readonly #retry: RetryContext;

  /** @param source null: for streams that have nothing sensitive */
  constructor(source: SensitiveKeySource | null, retry: RetryContext) {
    this.#source = source;
    this.#retry = retry;
  }

  /**
   * At once, unless something has to be opened.
   *
   * @throws UNKNOWN_EVENT, LEDGER_CORRUPT, and what getting the key throws
   */
  decode<Event extends DomainEvent>(
    record: RecordedEvent,
    catalogue: EventCatalogue<Event>,
  ): Event | Promise<Event> {
    const checked = checkEvent(record, catalogue);
    return checked.sealed.length === 0
      ? openEvent(checked, record, leaveSealed)
      : this.#open(checked, record, this.#find);
  }

  /** The same; but a key is asked for again while the store says that this may help. */
  decodePatiently<Event extends DomainEvent>(
    record: RecordedEvent,
    catalogue: EventCatalogue<Event>,
  ): Event | Promise<Event> {
    const checked = checkEvent(record, catalogue);
    if (checked.sealed.length === 0) return openEvent(checked, record, leaveSealed);
    return this.#open(checked, record, (subject, keyId) =>
      withRetries(() => this.#find(subject, keyId), this.#retry),
    );
  }

  /** The key that what is sensitive about a subject is sealed with from now on. @throws as the source */
  obtainKey(subject: string): Promise<SensitiveKey> {
    return withRetries(() => this.#keys().obtain(subject), this.#retry);
  }

  readonly #find: SensitiveKeySource['find'] = (subject, keyId) =>
    this.#keys().find(subject, keyId);

  async #open<Event extends DomainEvent>(
    checked: CheckedEvent<Event>,
    record: RecordedEvent,
    find: SensitiveKeySource['find'],
  ): Promise<Event> {
    const keys = new Map<string, SensitiveKey | null>();
    for (const { subject, keyId } of checked.sealed) {
      keys.set(subject + keyId, await find(subject, keyId));
    }
    const { stream, type, revision } = record;
    return openEvent(checked, record, (value, steps) => {
      const key = keys.get(value.subject + value.keyId) ?? null;
      if (key === null) return forgotten;
      const path = formatPath(steps);
      const found = openValue(value, { stream, type, path }, key);
      if (found !== null) return known(found.opened);
      throw new SnapledgerError(
        'LEDGER_CORRUPT',
        `event ${revision} of the stream '${stream}' has a ${path} that was not sealed there with its key`,
        {
          remedy: 'Bring the ledger back from a copy of the vault; the repository is not affected.',
          details: { stream, revision, field: path },
        },
      );
    });
  }

  /**
   * What seals the sensitive fields of an event; undefined, and at once, when it has none.
   *
   * @param state before the event
   */
  sealerFor<State, Event extends DomainEvent>(
    event: Event,
    { catalogue, subjectOf }: SensitiveStreams<State, Event>,
    stream: StreamName,
    state: State,
  ): Promise<SealSensitive> | undefined {
    if (!hasSensitive(event, catalogue)) return undefined;
    const subject = subjectOf?.(state, stream) ?? null;
    assert(subject !== null, `it is known whom a '${event.type}' is about`);
    return this.#sealer(stream, event.type, subject);
  }

  async #sealer(stream: StreamName, type: string, subject: string): Promise<SealSensitive> {
    const key = await this.obtainKey(subject);
    return (value, steps) =>
      sealValue(value, { stream, type, path: formatPath(steps) }, subject, key);
  }

  #keys(): SensitiveKeySource {
    assert(this.#source !== null, 'a ledger with sensitive events has their keys');
    return this.#source;
  }
}
