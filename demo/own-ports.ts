/**
 * An engine inside a program of one's own, put together from its ports: the ledger and the clock are the
 * program's, everything else is taken from the package.
 */
import { join } from 'node:path';
import {
  type Clock,
  createCronerOccurrences,
  createEngine,
  createMemoryCatalogueStore,
  createMemoryEventStore,
  createMemoryPresence,
  type Engine,
  type EngineDependencies,
  type EventStore,
  type LocalCloud,
  localEngineLimits,
  openFilesystemObjectStore,
  openLocalCloud,
  strataFormat,
  systemClock,
  systemRandom,
  workerProgramPath,
} from '../src/index.ts';

export interface Host extends AsyncDisposable {
  readonly engine: Engine;
  readonly cloud: LocalCloud;
  /** What was appended to the program's ledger: `<stream>: <type>`. */
  readonly appended: readonly string[];
}

export interface HostOptions {
  readonly folder: string;
  readonly passphrase: string;
  /** The program's own time. */
  readonly now: Clock['now'];
}

/** Makes a repository and a local cloud in the folder, and an engine on them. */
export async function openHost({ folder, passphrase, now }: HostOptions): Promise<Host> {
  const clock: Clock = { ...systemClock, now };
  const random = systemRandom;
  const root = join(folder, 'repository');
  const objectStore = await openFilesystemObjectStore({ root });
  const secret = { kind: 'passphrase', passphrase } as const;
  const repository = await strataFormat.createRepository({ objectStore, secret, random, clock });
  const cloud = await openLocalCloud({
    folder: join(folder, 'cloud'),
    clock,
    random,
    workerProgram: [workerProgramPath()],
  });
  const { eventStore, appended } = createOwnEventStore();
  const dependencies: EngineDependencies = {
    eventStore,
    catalogue: createMemoryCatalogueStore(),
    cloud,
    objectStore,
    workerStore: { kind: 'filesystem', root },
    workerDevices: { kind: 'folder' },
    repository: () => Promise.resolve(repository),
    format: strataFormat,
    presence: createMemoryPresence(),
    clock,
    occurrences: createCronerOccurrences(),
    random,
    actor: 'the host program',
    limits: localEngineLimits,
  };
  const engine = createEngine(dependencies);
  return {
    engine,
    cloud,
    appended,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await repository.close();
      await eventStore.close();
    },
  };
}

/** A port of one's own: here one that tells what passes through it, and could as well be a database. */
function createOwnEventStore(): {
  readonly eventStore: EventStore;
  readonly appended: readonly string[];
} {
  const inner = createMemoryEventStore();
  const appended: string[] = [];
  const eventStore: EventStore = {
    append: async (stream, expectedRevision, events) => {
      const result = await inner.append(stream, expectedRevision, events);
      for (const { type } of events) appended.push(`${stream}: ${type}`);
      return result;
    },
    readStream: (stream, options) => inner.readStream(stream, options),
    readAll: (options) => inner.readAll(options),
    subscribe: (options) => inner.subscribe(options),
    close: () => inner.close(),
  };
  return { eventStore, appended };
}
