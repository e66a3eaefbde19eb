import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import type { LoggedEvent } from '../../../src/adapters/memory/event-store-log.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createMemoryPresence } from '../../../src/adapters/memory/engine-presence.ts';
import { Catalogue } from '../../../src/engine/catalogue/catalogue.ts';
import type { BatchLimits } from '../../../src/engine/catalogue/catalogue-limits.ts';
import { localEngineLimits } from '../../../src/engine/engine-limits.ts';
import { InstanceClaims } from '../../../src/engine/instance/instance-claims.ts';
import { Ledger } from '../../../src/engine/ledger/ledger.ts';
import { RunClaims } from '../../../src/engine/policy-run/run-claims.ts';
import { SessionDirectory } from '../../../src/engine/session/session-directory.ts';
import type { CatalogueStore } from '../../../src/ports/catalogue-store.ts';
import type { EventMetadata, EventStore } from '../../../src/ports/event-store.ts';
import { createVirtualClock } from '../../support/clock/virtual-clock.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';
import { constantRandom } from '../../support/random/constant-random.ts';
import { fixedSensitiveKeys } from '../../support/sensitive/fixed-sensitive-keys.ts';

export interface CatalogueRig {
  readonly catalogue: Catalogue;
  readonly directory: SessionDirectory;
  readonly ledger: Ledger;
  readonly eventStore: EventStore;
  readonly store: CatalogueStore;
}

/** A catalogue as an engine has it, of a ledger in memory unless another one is given. */
export function catalogueRig(
  parts: {
    readonly eventStore?: EventStore;
    readonly store?: CatalogueStore;
    readonly batches?: BatchLimits;
  } = {},
): CatalogueRig {
  const { eventStore = createMemoryEventStore(), store = createMemoryCatalogueStore() } = parts;
  const clock = createVirtualClock({ advances: 'when-idle' });
  const random = constantRandom(255);
  const engineId = sampleIds.engine('here');
  const ledger = new Ledger({
    eventStore,
    clock,
    random,
    engineId,
    actor: 'tester',
    engineVersion: '0.0.0',
    retryPolicy: localEngineLimits.retry,
    sensitiveKeys: fixedSensitiveKeys(),
  });
  const limits = localEngineLimits;
  const context = { eventStore, catalogue: store, clock, random, limits };
  const catalogue = new Catalogue(context, parts.batches);
  const directory = new SessionDirectory({
    ledger,
    catalogue,
    claims: new InstanceClaims(ledger, engineId),
    runClaims: new RunClaims(ledger, engineId),
    presence: createMemoryPresence(),
  });
  return { catalogue, directory, ledger, eventStore, store };
}

/** Appends these events as they were recorded elsewhere, one by one. */
export async function appendLogged(
  eventStore: EventStore,
  events: readonly LoggedEvent[],
): Promise<void> {
  for (const { stream, revision, id, type, data, metadata } of events) {
    const expected = revision === 0 ? 'no-stream' : revision - 1;
    const event = { id, type, data, metadata: JSON.parse(metadata) as EventMetadata };
    await eventStore.append(stream, expected as Parameters<EventStore['append']>[1], [event]);
  }
}
