import type { LeaseEvent } from '../../domain/engine-lease/lease-events.ts';
import {
  evolveLease,
  isLeaseHeld,
  type LeaseState,
  noLease,
} from '../../domain/engine-lease/lease-state.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { EngineId, TimestampMs } from '../../domain/identifiers.ts';
import type { EnginePresence } from '../../ports/engine-presence.ts';
import { engineVersion } from '../engine-version.ts';
import { leaseCatalogue } from '../ledger/event-catalogues.ts';
import { decodeEvent } from '../ledger/event-codec.ts';
import { type Aggregate, Ledger, type LedgerOptions, type Loaded } from '../ledger/ledger.ts';
import { engineStream } from '../ledger/stream-names.ts';
import { retryDelayMs } from '../retry/retry-delay.ts';
import { withRetries } from '../retry/with-retries.ts';
import { leaseLimits, type LeaseLimits } from './lease-limits.ts';

const leaseAggregate: Aggregate<LeaseState, LeaseEvent> = {
  catalogue: leaseCatalogue,
  initial: noLease,
  evolve: evolveLease,
};

export interface LeasePresenceOptions extends Omit<LedgerOptions, 'engineId' | 'engineVersion'> {
  readonly limits?: LeaseLimits;
}

/** The last event of a lease, and when it was first looked at. */
interface Seen {
  readonly revision: number;
  readonly at: TimestampMs;
}

/** A lease of this process. */
interface HeldLease {
  readonly ledger: Ledger;
  readonly stop: AbortController;
  loaded: Loaded<LeaseState>;
  /** Ends when it was stopped. */
  renewing: Promise<void>;
}

/**
 * Presence of engines on any number of machines that share a ledger: each has a lease there, which it
 * renews as long as it lives. One that dies is taken for dead when its lease ends, and one that could
 * not renew in time as well: it is fenced by the streams that it appends to, as always.
 */
export function createLeasePresence(options: LeasePresenceOptions): EnginePresence {
  return new LeasePresence(options);
}

class LeasePresence implements EnginePresence {
  readonly #options: LeasePresenceOptions;
  readonly #limits: LeaseLimits;
  readonly #held = new Map<EngineId, Promise<HeldLease>>();
  /** Leases that lie further ahead than any right clock puts one, by when they were first seen. */
  readonly #strange = new Map<EngineId, Seen>();

  constructor(options: LeasePresenceOptions) {
    this.#options = options;
    this.#limits = options.limits ?? leaseLimits;
  }

  async announce(engine: EngineId): Promise<void> {
    const known = this.#held.get(engine);
    const taking = known ?? this.#take(engine);
    this.#held.set(engine, taking);
    try {
      await taking;
    } catch (error) {
      if (this.#held.get(engine) === taking) this.#held.delete(engine);
      throw error;
    }
  }

  async isPresent(engine: EngineId): Promise<boolean> {
    const { eventStore, clock, random, retryPolicy: policy } = this.#options;
    const last = { direction: 'backwards', limit: 1 } as const;
    const [record] = await withRetries(
      () => Array.fromAsync(eventStore.readStream(engineStream(engine), last)),
      { policy, clock, random },
    );
    if (record === undefined) return false;
    const state = evolveLease(noLease, decodeEvent<LeaseEvent>(record, leaseCatalogue));
    const now = clock.now();
    const { leaseMs, skewMaxMs } = this.#limits;
    if (state.until === null || state.until <= now + leaseMs + skewMaxMs) {
      this.#strange.delete(engine);
      return isLeaseHeld(state, now, skewMaxMs);
    }
    return this.#isStillRenewed(engine, record.revision, now);
  }

  /**
   * The clock of that engine is wrong, or was: when its lease ends cannot be told by it. It lives as long
   * as another renewal comes within the time that one is good for, by the clock here.
   */
  #isStillRenewed(engine: EngineId, revision: number, now: TimestampMs): boolean {
    const known = this.#strange.get(engine);
    const seen = known?.revision === revision && known.at <= now ? known : { revision, at: now };
    this.#strange.set(engine, seen);
    const until = (seen.at + this.#limits.leaseMs) as TimestampMs;
    return isLeaseHeld({ until }, now, this.#limits.skewMaxMs);
  }

  async leave(engine: EngineId): Promise<void> {
    const held = this.#held.get(engine);
    if (held === undefined) return;
    this.#held.delete(engine);
    const lease = await held;
    lease.stop.abort();
    await lease.renewing;
    const givenUpAt = this.#options.clock.now();
    try {
      await append(lease, { type: 'LeaseGivenUp', data: { givenUpAt } });
    } catch (error) {
      // The lease ends by itself a minute later, and whoever leaves can do nothing about it.
      if (!hasErrorCode(error, 'LEDGER_UNAVAILABLE')) throw error;
    }
  }

  async #take(engineId: EngineId): Promise<HeldLease> {
    const ledger = new Ledger({ ...this.#options, engineId, engineVersion });
    const loaded = await ledger.load(engineStream(engineId), leaseAggregate);
    const stop = new AbortController();
    const lease: HeldLease = { ledger, stop, loaded, renewing: Promise.resolve() };
    await append(lease, { type: 'LeaseTaken', data: { engineId, until: this.#until() } });
    lease.renewing = this.#renew(lease);
    return lease;
  }

  /** Never rejects: whoever cannot renew is taken for dead when the lease ends, and is fenced then. */
  async #renew(lease: HeldLease): Promise<void> {
    const { signal } = lease.stop;
    let waitMs = this.#limits.renewEveryMs;
    let failuresWithoutLease = 0;
    while (await this.#slept(waitMs, signal)) {
      try {
        await append(lease, { type: 'LeaseRenewed', data: { until: this.#until() } });
        waitMs = this.#limits.renewEveryMs;
        failuresWithoutLease = 0;
      } catch {
        await this.#lookAgain(lease);
        const isHeld = isLeaseHeld(lease.loaded.state, this.#options.clock.now(), 0);
        failuresWithoutLease = isHeld ? 0 : failuresWithoutLease + 1;
        waitMs = this.#retryDelayMs(failuresWithoutLease);
      }
    }
  }

  #retryDelayMs(failuresWithoutLease: number): number {
    const { renewRetryMs, renewEveryMs } = this.#limits;
    if (failuresWithoutLease === 0) return renewRetryMs;
    const growing = { firstDelayMs: renewRetryMs * 2, delayMaxMs: renewEveryMs };
    return retryDelayMs(growing, failuresWithoutLease, this.#options.random);
  }

  /** After a renewal whose outcome is unknown. */
  async #lookAgain(lease: HeldLease): Promise<void> {
    try {
      lease.loaded = await lease.ledger.load(lease.loaded.stream, leaseAggregate);
    } catch {
      // The store is still away; the next turn appends to what was there, or fails again.
    }
  }

  /** False when it was stopped. */
  async #slept(durationMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.clock.sleep(durationMs, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
  }

  #until(): TimestampMs {
    return (this.#options.clock.now() + this.#limits.leaseMs) as TimestampMs;
  }
}

async function append(lease: HeldLease, event: LeaseEvent): Promise<void> {
  lease.loaded = await lease.ledger.append(lease.loaded, [event], event.type, leaseAggregate);
}
