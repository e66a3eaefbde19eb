import { createFilePresence } from '../../../src/adapters/filesystem/file-presence.ts';
import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import { type LocalCloud, openLocalCloud } from '../../../src/adapters/local-cloud/local-cloud.ts';
import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import { openSqliteEventStore } from '../../../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { createEngine } from '../../../src/engine/create-engine.ts';
import { localEngineLimits } from '../../../src/engine/engine-limits.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { EventStore } from '../../../src/ports/event-store.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import type { RandomSource } from '../../../src/ports/random-source.ts';
import { workerProgramPath } from '../../../src/vault/program-file.ts';
import { vaultLayout, type VaultLayout } from '../../../src/vault/vault-layout.ts';
import { type AppendCall, createHookedEventStore } from '../engine/hooked-event-store.ts';
import { cheapStrata, threadlessStrata } from '../format/cheap-strata.ts';
import { tinyWorker } from './local-cloud-fixture.ts';
import { cronOccurrences } from '../schedule/cron-occurrences.ts';

/** An engine as a vault has it, but for its clock, its randomness and how hard its passphrase is to try. */
export interface LocalWorld extends AsyncDisposable {
  readonly layout: VaultLayout;
  readonly cloud: LocalCloud;
  readonly engine: Engine;
}

/**
 * How much of it is real. `in-memory`: ledger and repository are not in files. `threadless`: they are, and the
 * engine reads blocks itself, on no thread of its own. `threaded`: it does so on threads. `worker-processes`: as
 * a vault has it, and policies may let workers read.
 */
export type LocalWorldKind = 'in-memory' | 'threadless' | 'threaded' | 'worker-processes';

export interface LocalWorldOptions {
  readonly kind: LocalWorldKind;
  /** Exists, and is empty. */
  readonly folder: string;
  /** Of the engine and of its cloud, which are on one machine. */
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Called when an append is durable. */
  readonly onAppend: (call: AppendCall) => void;
}

export async function openLocalWorld(options: LocalWorldOptions): Promise<LocalWorld> {
  const { kind, folder, clock, random, onAppend } = options;
  const layout = vaultLayout(folder);
  const { eventStore, objectStore } = await openStores(options, layout);
  const secret = { kind: 'passphrase', passphrase: 'of a test' } as const;
  const isThreaded = kind === 'threaded' || kind === 'worker-processes';
  const format = isThreaded ? cheapStrata : threadlessStrata;
  const repository = await format.createRepository({ objectStore, secret, random, clock });
  const cloud = await openLocalCloud({
    folder: layout.cloud,
    clock,
    random,
    workerProgram: [kind === 'worker-processes' ? workerProgramPath() : tinyWorker],
    scansOn: isThreaded ? 'threads' : 'caller',
  });
  const engine = createEngine({
    eventStore: createHookedEventStore(eventStore, { afterAppend: onAppend }),
    catalogue: createMemoryCatalogueStore(),
    cloud,
    objectStore,
    workerStore: { kind: 'filesystem', root: layout.repository },
    workerDevices: { kind: 'folder' },
    repository: () => Promise.resolve(repository),
    format,
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

async function openStores(
  { kind, clock }: LocalWorldOptions,
  { ledger, repository }: VaultLayout,
): Promise<{ readonly eventStore: EventStore; readonly objectStore: ObjectStore }> {
  if (kind === 'in-memory') {
    return { eventStore: createMemoryEventStore(), objectStore: createMemoryObjectStore() };
  }
  return {
    eventStore: await openSqliteEventStore({ path: ledger, clock, ifMissing: 'create' }),
    objectStore: await openFilesystemObjectStore({ root: repository }),
  };
}
