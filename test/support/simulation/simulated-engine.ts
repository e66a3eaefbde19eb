import { createMemoryCatalogueStore } from '../../../src/adapters/memory/catalogue-store.ts';
import type { EngineId } from '../../../src/domain/identifiers.ts';
import { createEngine } from '../../../src/engine/create-engine.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { Repository } from '../../../src/format/repository.ts';
import type { EventStore } from '../../../src/ports/event-store.ts';
import type { RandomSource } from '../../../src/ports/random-source.ts';
import { fakeFormat } from './fake-format/fake-format.ts';
import { processCloud } from './ports/process-cloud.ts';
import { processEventStore } from './ports/process-event-store.ts';
import { processObjectStore } from './ports/process-object-store.ts';
import { processPresence } from './ports/process-presence.ts';
import { createSimulatedRandom } from './seeded-prng.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { simulationEngineLimits } from './simulation-limits.ts';
import { cronOccurrences } from '../schedule/cron-occurrences.ts';
import { keptWrappingKey } from './kept-wrapping-key.ts';

/** The real engine in a simulated process. */
export interface SimulatedEngine {
  readonly process: SimulatedProcess;
  readonly engine: Engine;
}

/**
 * @param kind `flawless`: no call of this engine fails, whatever the weather
 * @param decorate goes around the event store of this engine
 */
export function startEngine(
  world: SimulatedWorld,
  name: string,
  kind: 'engine' | 'flawless' = 'engine',
  decorate: (eventStore: EventStore) => EventStore = (eventStore) => eventStore,
): SimulatedEngine {
  const process = world.createProcess(name, kind);
  const random = createSimulatedRandom(world.prng.fork(`${name}/random`));
  const { clock } = process;
  const objectStore = processObjectStore(process, world.objectStore, (key) => {
    world.noteObject(key, process);
  });
  let opened: Promise<Repository> | null = null;
  const repository = async (): Promise<Repository> => {
    opened ??= fakeFormat.openRepository({
      objectStore,
      secret: { kind: 'passphrase', passphrase: 'simulated' },
      random,
      clock,
    });
    try {
      return await opened;
    } catch (error) {
      opened = null;
      throw error;
    }
  };
  const engine = createEngine({
    eventStore: decorate(processEventStore(process, world.eventStore)),
    catalogue: createMemoryCatalogueStore(),
    cloud: processCloud(process, world.cloud, world.workers),
    objectStore,
    workerStore: { kind: 'filesystem', root: '/simulated' },
    workerDevices: { kind: 'folder' },
    repository,
    sensitiveWrappingKey: () => keptWrappingKey(world, repository),
    format: fakeFormat,
    presence: processPresence(process, world.presence),
    clock,
    occurrences: cronOccurrences,
    random: withFirstUuid(random, (engineId) => {
      process.onDeath(() => {
        world.presence.die(engineId as EngineId);
      });
    }),
    actor: name,
    limits: simulationEngineLimits,
  });
  world.history.note(name, 'starts');
  return { process, engine };
}

/** The first id that an engine draws is its own: what others know it by. */
function withFirstUuid(random: RandomSource, onFirst: (uuid: string) => void): RandomSource {
  let isFirst = true;
  return {
    bytes: (lengthBytes) => random.bytes(lengthBytes),
    uuid: () => {
      const uuid = random.uuid();
      if (isFirst) onFirst(uuid);
      isFirst = false;
      return uuid;
    },
  };
}
