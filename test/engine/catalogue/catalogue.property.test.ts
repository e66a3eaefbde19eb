import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createSqliteCatalogueStore } from '../../../src/adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import { batchLimits } from '../../../src/engine/catalogue/catalogue-limits.ts';
import type { CatalogueStore } from '../../../src/ports/catalogue-store.ts';
import { runSimulation } from '../../simulation/run-simulation.ts';
import { appendLogged, catalogueRig } from './catalogue-rig.ts';
import { expectedCatalogue, type ExpectedCatalogue } from './expected-catalogue.ts';

/** Whatever befell the engines that recorded it: several, killed, overtaken, in any weather. */
const anySeed = fc.integer({ min: 1, max: 100_000 }).map(String);
/** Where the history is cut, in thousandths; at each cut another process begins. */
const anyCuts = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 4 });

/** Nearly every catch-up is of several. */
const small = { eventsMax: 7, streamsMax: 3 };

describe('the catalogue of any history', () => {
  for (const { kind, open, batches } of [
    { kind: 'in memory', open: memoryStore, batches: batchLimits },
    { kind: 'in memory, in small batches', open: memoryStore, batches: small },
    { kind: 'in SQLite', open: sqliteStore, batches: batchLimits },
    { kind: 'in SQLite, in small batches', open: sqliteStore, batches: small },
  ]) {
    it(`says what its events say, wherever it was cut and gone on with: ${kind}`, async () => {
      let cuts = 0;
      await fc.assert(
        fc.asyncProperty(anySeed, anyCuts, async (seed, thousandths) => {
          const { events } = await runSimulation(seed);
          assert.ok(events.length > 0);
          const { store, dispose } = await open();
          const eventStore = createMemoryEventStore();
          let from = 0;
          for (const cut of [...thousandths.toSorted((a, b) => a - b), 1_000]) {
            const to = Math.floor((events.length * cut) / 1_000);
            await appendLogged(eventStore, events.slice(from, to));
            from = to;
            cuts += 1;
            // A rig of its own: what one process has folded, the next one does not know.
            const rig = catalogueRig({ eventStore, store, batches });
            assert.deepEqual(await said(rig), await expectedCatalogue(rig.ledger));
          }
          await dispose();
        }),
        { numRuns: 15 },
      );
      assert.ok(cuts > 15);
    });
  }
});

async function said({
  catalogue,
  directory,
}: ReturnType<typeof catalogueRig>): Promise<ExpectedCatalogue> {
  const entries = await directory.entries({});
  return {
    sessions: entries.map(({ facts, actor }) => ({ facts, actor })),
    instances: await catalogue.ask((store) => store.instances()),
  };
}

interface OpenStore {
  readonly store: CatalogueStore;
  readonly dispose: () => Promise<void>;
}

function memoryStore(): Promise<OpenStore> {
  const store = createMemoryCatalogueStore();
  return Promise.resolve({ store, dispose: () => Promise.resolve() });
}

async function sqliteStore(): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), 'snapledger-catalogue-'));
  const store = createSqliteCatalogueStore({ folder });
  return {
    store,
    dispose: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}
