import { createFilePresence } from '../../src/adapters/filesystem/file-presence.ts';
import { openFilesystemObjectStore } from '../../src/adapters/filesystem/filesystem-object-store.ts';
import { type LocalCloud, openLocalCloud } from '../../src/adapters/local-cloud/local-cloud.ts';
import { createMemoryCatalogueStore } from '../../src/adapters/memory/catalogue-store.ts';
import { openSqliteEventStore } from '../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { localEngineLimits } from '../../src/engine/engine-limits.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { RandomSource } from '../../src/ports/random-source.ts';
import { vaultLayout, type VaultLayout } from '../../src/vault/vault-layout.ts';
import { type AppendCall, createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { cheapStrata } from '../support/format/cheap-strata.ts';
import { tinyWorker } from '../support/local-cloud/local-cloud-fixture.ts';
import { cronOccurrences } from '../support/schedule/cron-occurrences.ts';

/** An engine as a vault has it, but for its clock, its randomness and how hard its passphrase is to try. */
export interface LocalWorld extends AsyncDisposable {
  readonly layout: VaultLayout;
  readonly cloud: LocalCloud;
  readonly engine: Engine;
}

export interface LocalWorldOptions {
  /** Exists, and is empty. */
  readonly folder: string;
  /** Of the engine and of its cloud, which are on one machine. */
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Called when an append is durable. */
  readonly onAppend: (call: AppendCall) => void;
}

export async function openLocalWorld({
  folder,
  clock,
  random,
  onAppend,
}: LocalWorldOptions): Promise<LocalWorld> {
  const layout = vaultLayout(folder);
  const eventStore = await openSqliteEventStore({
    path: layout.ledger,
    clock,
    ifMissing: 'create',
  });
  const objectStore = await openFilesystemObjectStore({ root: layout.repository });
  const secret = { kind: 'passphrase', passphrase: 'of a test' } as const;
  const repository = await cheapStrata.createRepository({ objectStore, secret, random, clock });
  const cloud = await openLocalCloud({
    folder: layout.cloud,
    clock,
    random,
    // The blocks are read in the engine's process: none is launched.
    workerProgram: [tinyWorker],
  });
  const engine = createEngine({
    eventStore: createHookedEventStore(eventStore, { afterAppend: onAppend }),
    catalogue: createMemoryCatalogueStore(),
    cloud,
    objectStore,
    workerStore: { kind: 'filesystem', root: layout.repository },
    workerDevices: { kind: 'folder' },
    repository: () => Promise.resolve(repository),
    format: cheapStrata,
    presence: createFilePresence({ folder: layout.engines }),
    clock,
    occurrences: cronOccurrences,
    random,
    actor: 'the test',
    limits: localEngineLimits,
  });
  return {
    layout,
    cloud,
    engine,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await repository.close();
      await eventStore.close();
    },
  };
}
