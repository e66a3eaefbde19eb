import { hasErrorCode, SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { CatalogueCheckpoint, CatalogueStore } from '../../ports/catalogue-store.ts';
import type { GlobalPosition, RecordedEvent } from '../../ports/event-store.ts';
import type { EngineDependencies } from '../engine-dependencies.ts';
import { engineVersion } from '../engine-version.ts';
import { recordHash } from '../ledger/record-hash.ts';
import { withRetries } from '../retry/with-retries.ts';
import { type BatchLimits, batchLimits, beginningsMax, overtakenMax } from './catalogue-limits.ts';
import { StreamFolds } from './stream-folds.ts';

/** What it needs of an engine. */
export type CatalogueContext = Pick<
  EngineDependencies,
  'eventStore' | 'catalogue' | 'clock' | 'random' | 'limits'
>;

/** Grows when other rows are made of the same events; so does the version of the engine. */
const rowsVersion = `${engineVersion}/8`;

/**
 * What the ledger says of sessions, items and claims, kept ready as rows. It is never trusted: before
 * each question the rows are shown to be of this ledger, by the hash of the last event that they
 * know, and what was recorded since is put in. Rows of another ledger, of an older copy or of another
 * version are made again from nothing.
 */
export class Catalogue {
  readonly #context: CatalogueContext;
  readonly #batches: BatchLimits;
  readonly #store: CatalogueStore;
  readonly #folds: StreamFolds;
  /** Where the folds are; what was not read on from there does not fit them. */
  #foldedTo: CatalogueCheckpoint | null = null;
  #next: Promise<string | null> | null = null;
  #anew: Promise<void> | null = null;
  #current: Promise<unknown> = Promise.resolve();

  constructor(context: CatalogueContext, batches: BatchLimits = batchLimits) {
    this.#context = context;
    this.#batches = batches;
    this.#store = context.catalogue;
    this.#folds = new StreamFolds(context.eventStore);
  }

  /**
   * Asks the store for what the ledger says now: everything that was recorded before this call.
   *
   * @throws LEDGER_CORRUPT; CATALOGUE_UNUSABLE when beginning anew did not help
   */
  async ask<T>(question: (store: CatalogueStore) => Promise<T>): Promise<T> {
    for (let beginnings = 0; ; beginnings += 1) {
      try {
        return await this.#answer(question);
      } catch (error) {
        if (!hasErrorCode(error, 'CATALOGUE_UNUSABLE') || beginnings >= beginningsMax) throw error;
      }
      // Once for all who met the same failure.
      await (this.#anew ??= this.#startAnew());
    }
  }

  /**
   * An answer counts if the rows were all the time those that were brought up to date: a process of
   * another version may clear them between any two looks at them.
   */
  async #answer<T>(question: (store: CatalogueStore) => Promise<T>): Promise<T> {
    for (let beginnings = 0; beginnings <= overtakenMax; beginnings += 1) {
      const making = await this.#upToDate();
      const [answer] = await Promise.allSettled([question(this.#store)]);
      const checkpoint = await this.#store.checkpoint();
      if ((checkpoint?.making ?? null) !== making) continue;
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    }
    throw changedByOthers();
  }

  async #startAnew(): Promise<void> {
    try {
      await this.#store.startAnew();
    } finally {
      this.#anew = null;
    }
  }

  /**
   * One catch-up at a time; all who ask meanwhile are served by the one after it.
   *
   * @returns which making the rows are of; null: there are none
   */
  #upToDate(): Promise<string | null> {
    return (this.#next ??= this.#afterCurrent());
  }

  async #afterCurrent(): Promise<string | null> {
    await this.#current;
    this.#next = null;
    const { limits, clock, random } = this.#context;
    const catchUp = withRetries(() => this.#catchUp(), { policy: limits.retry, clock, random });
    this.#current = Promise.allSettled([catchUp]);
    return catchUp;
  }

  async #catchUp(): Promise<string | null> {
    try {
      for (let beginnings = 0; beginnings <= overtakenMax; beginnings += 1) {
        const outcome = await this.#readOn();
        if (outcome !== 'overtaken' && outcome !== 'of-another-ledger') return outcome.making;
        this.#forgetFolds();
        if (outcome === 'of-another-ledger') await this.#store.clear();
      }
    } catch (error) {
      this.#forgetFolds();
      throw error;
    }
    throw changedByOthers();
  }

  async #readOn(): Promise<ReadOn> {
    let checkpoint = await this.#store.checkpoint();
    const making = checkpoint?.making ?? this.#context.random.uuid();
    if (checkpoint !== null && checkpoint.version !== rowsVersion) return 'of-another-ledger';
    if (!isSame(checkpoint, this.#foldedTo)) this.#forgetFolds();
    let toProve = checkpoint;
    let before = checkpoint?.before ?? null;
    /** The last event whose rows are not put in yet. */
    let last: Place | null = null;
    let unwrittenEvents = 0;
    try {
      // From the last known event on, so that it is seen to be there.
      const from = before === null ? {} : { after: before };
      for await (const record of this.#context.eventStore.readAll(from)) {
        if (toProve === null) {
          const reading = this.#folds.apply(record);
          if (reading !== null) await reading;
          last = { record, before };
          unwrittenEvents += 1;
        } else if (record.position !== toProve.position || hashOf(record) !== toProve.recordHash) {
          return 'of-another-ledger';
        }
        toProve = null;
        before = record.position;
        const { eventsMax, streamsMax } = this.#batches;
        const isFull = unwrittenEvents >= eventsMax || this.#folds.touched >= streamsMax;
        if (last !== null && isFull) {
          const to = checkpointAt(last, making);
          if (!(await this.#advance(checkpoint, to))) return 'overtaken';
          checkpoint = to;
          last = null;
          unwrittenEvents = 0;
        }
      }
    } catch (error) {
      // The position lies beyond the end: these rows are of a ledger that has more events.
      if (toProve !== null && hasErrorCode(error, 'INVALID_ARGUMENT')) return 'of-another-ledger';
      throw error;
    }
    if (toProve !== null) return 'of-another-ledger';
    if (last === null) return { making: checkpoint?.making ?? null };
    const to = checkpointAt(last, making);
    return (await this.#advance(checkpoint, to)) ? { making } : 'overtaken';
  }

  /** False when another process has put rows in meanwhile. */
  async #advance(from: CatalogueCheckpoint | null, to: CatalogueCheckpoint): Promise<boolean> {
    const outcome = await this.#store.advance({ from, to, ...this.#folds.takeRows() });
    if (outcome === 'advanced') this.#foldedTo = to;
    return outcome === 'advanced';
  }

  #forgetFolds(): void {
    this.#folds.clear();
    this.#foldedTo = null;
  }
}

/** An event, and the position of the one before it. */
interface Place {
  readonly record: RecordedEvent;
  readonly before: GlobalPosition | null;
}

/** The rows know all events, and are of this making (null: there are none); or they have to be looked at again. */
type ReadOn = { readonly making: string | null } | 'overtaken' | 'of-another-ledger';

function checkpointAt({ record, before }: Place, making: string): CatalogueCheckpoint {
  const { position } = record;
  return { version: rowsVersion, making, position, before, recordHash: hashOf(record) };
}

function changedByOthers(): SnapledgerError {
  return new SnapledgerError(
    'CATALOGUE_UNUSABLE',
    `other processes changed the catalogue ${overtakenMax} times while it was looked at`,
    { remedy: 'End programs of another version of snapledger that use this vault.' },
  );
}

function hashOf(record: RecordedEvent): string {
  return recordHash(record.stream, record.revision, record);
}

function isSame(a: CatalogueCheckpoint | null, b: CatalogueCheckpoint | null): boolean {
  return a?.making === b?.making && a?.position === b?.position && a?.recordHash === b?.recordHash;
}
