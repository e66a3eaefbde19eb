import { integer, object } from '../../../src/domain/shape/shape.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { eventSchema } from '../../../src/engine/ledger/event-schema.ts';
import type { DomainEvent } from '../../../src/engine/ledger/domain-event.ts';
import { type Aggregate, Ledger, type LedgerOptions } from '../../../src/engine/ledger/ledger.ts';
import type { EventStore, StreamName } from '../../../src/ports/event-store.ts';
import { createVirtualClock, type VirtualClock } from '../../support/clock/virtual-clock.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { constantRandom } from '../../support/random/constant-random.ts';
import { fixedSensitiveKeys } from '../../support/sensitive/fixed-sensitive-keys.ts';

/** The least that a ledger can keep: a counter. */
export interface Counted extends DomainEvent {
  readonly type: 'Counted';
  readonly data: { readonly by: number };
}

export const countedShape = object<Counted['data']>({ by: integer(0, Number.MAX_SAFE_INTEGER) });

export const counter: Aggregate<number, Counted> = {
  catalogue: { Counted: eventSchema(countedShape) },
  initial: 0,
  evolve: (total, { data }) => total + data.by,
};

export const counterStream = 'counter-1' as StreamName;

export interface LedgerRig {
  readonly ledger: Ledger;
  readonly eventStore: EventStore;
  readonly clock: VirtualClock;
}

/** A ledger on a store in memory, with a clock that waits for nothing. */
export function ledgerRig(options: Partial<LedgerOptions> = {}): LedgerRig {
  const eventStore = options.eventStore ?? createMemoryEventStore();
  const clock = createVirtualClock({ advances: 'when-idle' });
  const ledger = new Ledger({
    clock,
    random: constantRandom(255),
    engineId: sampleIds.engine('here'),
    actor: 'tester',
    engineVersion: '0.0.0',
    retryPolicy: { attemptsMax: 3, firstDelayMs: 10, delayMaxMs: 100 },
    sensitiveKeys: fixedSensitiveKeys(),
    ...options,
    eventStore,
  });
  return { ledger, eventStore, clock };
}

export function counted(...amounts: readonly number[]): readonly Counted[] {
  return amounts.map((by) => ({ type: 'Counted', data: { by } }));
}

/** Appends each amount on its own, to the stream of the counter. */
export async function count(ledger: Ledger, ...amounts: readonly number[]): Promise<void> {
  for (const event of counted(...amounts)) {
    const loaded = await ledger.load(counterStream, counter);
    await ledger.append(loaded, [event], 'Count', counter);
  }
}
