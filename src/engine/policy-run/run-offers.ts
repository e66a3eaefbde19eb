import { hasErrorCode, type SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PolicyId, TimestampMs } from '../../domain/identifiers.ts';
import type { OfferEvent } from '../../domain/policy-run/offer-events.ts';
import type { EventStore, ExpectedRevision, RecordedEvent } from '../../ports/event-store.ts';
import type { EngineContext } from '../engine-dependencies.ts';
import { offerCatalogue } from '../ledger/event-catalogues.ts';
import { decodeEvent } from '../ledger/event-codec.ts';
import type { Aggregate, Ledger } from '../ledger/ledger.ts';
import { unreadableCodes } from '../ledger/entries-of-streams.ts';
import { genesisHash, recordHash } from '../ledger/record-hash.ts';
import { runOffersStream } from '../ledger/stream-names.ts';
import { withRetries } from '../retry/with-retries.ts';

/**
 * Offers that are looked at, the newest. An older one may be made a second time, which does no harm: a
 * policy has one offer for each of its runs, and the last one counts.
 */
const offersKnownMax = 1_000;

/** Appends of others that one offer gives way to. */
const conflictsMax = 20;

interface Offer {
  readonly dueAt: TimestampMs;
  /**
   * When it was put up, or when it was first seen here if that was earlier by the clock of this engine: the
   * clock of the engine that put it up may be wrong.
   */
  readonly waitingSince: TimestampMs;
}

const nothingFolded: Aggregate<null, OfferEvent> = {
  catalogue: offerCatalogue,
  initial: null,
  evolve: () => null,
};

/** How the engines that run policies share what is due; one for all loops of an engine. */
export interface WorkSharing {
  /**
   * Where runs that are due are put up, for one of several engines to be handed; null: they are begun
   * here, by whoever is the first to look. It becomes null when nothing may be handed to this engine.
   */
  offers: RunOffers | null;
}

/** Runs that were put up to be handed out to one of several engines. */
export class RunOffers {
  readonly #engine: EngineContext;
  readonly #ledger: Ledger;
  readonly #offers = new Map<PolicyId, Offer>();
  #revision: ExpectedRevision = 'no-stream';
  #lastHash = genesisHash;

  constructor(engine: EngineContext, ledger: Ledger) {
    this.#engine = engine;
    this.#ledger = ledger;
  }

  /**
   * Puts a run up, unless somebody has done so.
   *
   * @returns since when it waits to be taken; never later than now
   */
  async offer(policyId: PolicyId, dueAt: TimestampMs): Promise<TimestampMs> {
    for (let conflicts = 0; ; conflicts += 1) {
      await this.#readOn();
      const known = this.#offers.get(policyId);
      if (known !== undefined && known.dueAt >= dueAt) return this.#waitingSince(policyId, known);
      try {
        await this.#append(policyId, dueAt);
      } catch (error) {
        if (!hasErrorCode(error, 'REVISION_CONFLICT') || conflicts >= conflictsMax) throw error;
      }
    }
  }

  /** Asked anew each time: the clock here may have been set back since. */
  #waitingSince(policyId: PolicyId, known: Offer): TimestampMs {
    const waitingSince = earlier(known.waitingSince, this.#engine.clock.now());
    this.#offers.set(policyId, { ...known, waitingSince });
    return waitingSince;
  }

  async #append(policyId: PolicyId, dueAt: TimestampMs): Promise<void> {
    const loaded = {
      stream: runOffersStream,
      state: null,
      revision: this.#revision,
      lastHash: this.#lastHash,
    };
    const event: OfferEvent = { type: 'RunOffered', data: { policyId, dueAt } };
    await this.#ledger.append(loaded, [event], 'OfferRun', nothingFolded);
  }

  async #readOn(): Promise<void> {
    const { eventStore, clock, random, limits } = this.#engine;
    const records = await withRetries(() => newRecords(eventStore, this.#revision), {
      policy: limits.retry,
      clock,
      random,
    });
    for (const record of records) {
      const offer = readOffer(record);
      // One that cannot be read stops only itself; whoever it is handed to tells of it.
      if (offer.kind === 'offer') {
        const { policyId, dueAt } = offer.data;
        const waitingSince = earlier(record.metadata.recordedAt, clock.now());
        this.#offers.set(policyId, { dueAt, waitingSince });
      }
      this.#revision = record.revision;
      this.#lastHash = recordHash(runOffersStream, record.revision, record);
    }
  }
}

type ReadOffer =
  | { readonly kind: 'offer'; readonly data: OfferEvent['data'] }
  | { readonly kind: 'unreadable'; readonly error: SnapledgerError };

/** An offer, unless a newer version wrote it or it is damaged. */
export function readOffer(record: RecordedEvent): ReadOffer {
  try {
    return { kind: 'offer', data: decodeEvent<OfferEvent>(record, offerCatalogue).data };
  } catch (error) {
    if (!hasErrorCode(error, ...unreadableCodes)) throw error;
    return { kind: 'unreadable', error };
  }
}

function earlier(one: TimestampMs, other: TimestampMs): TimestampMs {
  return one < other ? one : other;
}

/** Oldest first. */
async function newRecords(
  eventStore: EventStore,
  known: ExpectedRevision,
): Promise<readonly RecordedEvent[]> {
  const newestFirst: RecordedEvent[] = [];
  const options = { direction: 'backwards', limit: offersKnownMax } as const;
  for await (const record of eventStore.readStream(runOffersStream, options)) {
    if (known !== 'no-stream' && record.revision <= known) break;
    newestFirst.push(record);
  }
  return newestFirst.reverse();
}
