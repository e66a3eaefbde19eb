import { MemoryEventLog } from '../../../src/adapters/memory/event-store-log.ts';
import { createMemoryEventStore } from '../../../src/adapters/memory/event-store.ts';
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts';
import {
  createMemoryPresence,
  type MemoryPresence,
} from '../../../src/adapters/memory/engine-presence.ts';
import type { EngineId, SnapshotId } from '../../../src/domain/identifiers.ts';
import type { EventStore } from '../../../src/ports/event-store.ts';
import type { ObjectKey, ObjectStore } from '../../../src/ports/object-store.ts';
import { createSimulatedCloud, type SimulatedCloud } from './cloud/simulated-cloud.ts';
import type { SnapshotLuck } from './cloud/simulated-snapshots.ts';
import { FaultPlan, noFaults, type Outage, type PortName } from './fault-plan.ts';
import { RunHistory } from './run-history.ts';
import { Scheduler } from './scheduler.ts';
import type { SeededPrng } from './seeded-prng.ts';
import { type ProcessWorld, SimulatedProcess } from './simulated-process.ts';
import { runSimulatedWorker } from './simulated-worker-program.ts';
import { anyHotSpot, type Weather, weathers } from './simulation-limits.ts';

/** Outages begin within this time. */
const outageSpanMs = 900_000;
const outageMaxMs = 40_000;
const struckPorts: readonly [PortName, ...PortName[]] = ['ledger', 'store', 'cloud', 'presence'];

/** A snapshot that was deleted, and what the ledger held at that moment. */
export interface Deletion {
  readonly snapshotId: SnapshotId;
  readonly eventCount: number;
  readonly by: SimulatedProcess | null;
}

/** Everything outside of the engines, shared by all processes of one run. */
export class SimulatedWorld implements ProcessWorld {
  readonly prng: SeededPrng;
  readonly scheduler: Scheduler;
  readonly history: RunHistory;
  readonly faults: FaultPlan;
  readonly weather: Weather;
  readonly log = new MemoryEventLog();
  readonly eventStore: EventStore = createMemoryEventStore({ log: this.log });
  readonly objectStore: ObjectStore = createMemoryObjectStore();
  readonly presence: MemoryPresence = this.#notingAbsence(createMemoryPresence());
  /** How many events the ledger held when an engine was no longer seen; by its id. */
  readonly absentSince = new Map<EngineId, number>();
  readonly deletions: Deletion[] = [];
  /** What fails whatever the weather: all new snapshots, or all new workers as they start. */
  failing: 'nothing' | 'snapshots' | 'workers' = 'nothing';
  clocksAheadMs = 0;
  /** Who has the world in his hands right now. */
  actor: SimulatedProcess | null = null;
  readonly #simulated: SimulatedCloud;
  readonly #luckPrng: SeededPrng;
  /** Ids and keys of what a process made that was held to be dead already. */
  readonly #madeByZombies = new Set<string>();

  constructor(prng: SeededPrng) {
    this.prng = prng;
    this.weather = prng.fork('weather').pick(weathers);
    this.scheduler = new Scheduler(prng.fork('scheduler'));
    this.history = new RunHistory(this.scheduler);
    const outages = outagesOf(this.weather, prng.fork('outages'));
    const hotSpot = anyHotSpot(prng.fork('hot spot'));
    this.faults = new FaultPlan(prng.fork('faults'), outages, hotSpot);
    this.history.note(
      'weather',
      `${this.weather.name}, hot spot ${hotSpot?.what.source ?? 'none'}`,
    );
    this.#luckPrng = prng.fork('luck');
    this.#simulated = this.#createCloud();
    this.#tellAppends();
  }

  get cloud(): SimulatedCloud['cloud'] {
    return this.#simulated.cloud;
  }

  get disks(): SimulatedCloud['disks'] {
    return this.#simulated.disks;
  }

  get snapshots(): SimulatedCloud['snapshots'] {
    return this.#simulated.snapshots;
  }

  get replicas(): SimulatedCloud['replicas'] {
    return this.#simulated.replicas;
  }

  get volumes(): SimulatedCloud['volumes'] {
    return this.#simulated.volumes;
  }

  get workers(): SimulatedCloud['workers'] {
    return this.#simulated.workers;
  }

  /** Whether a process made this (the id of a resource, or a key) after it was held to be dead. */
  isMadeByZombie(idOrKey: string): boolean {
    return this.#madeByZombies.has(idOrKey);
  }

  noteObject(key: ObjectKey, maker: SimulatedProcess): void {
    this.#note(key, maker);
  }

  createProcess(name: string, kind: 'engine' | 'worker' | 'flawless'): SimulatedProcess {
    const rates = kind === 'flawless' ? noFaults : this.weather[kind];
    return new SimulatedProcess(name, this, { rates, latency: this.prng.fork(`${name}/latency`) });
  }

  #notingAbsence(presence: MemoryPresence): MemoryPresence {
    const note = (engine: EngineId): void => {
      if (!this.absentSince.has(engine)) this.absentSince.set(engine, this.log.events.length);
    };
    return {
      ...presence,
      die: (engine) => {
        presence.die(engine);
        note(engine);
      },
      leave: (engine) => {
        note(engine);
        return presence.leave(engine);
      },
    };
  }

  #createCloud(): SimulatedCloud {
    const luck = this.#luckPrng;
    return createSimulatedCloud({
      now: () => this.scheduler.now(),
      snapshots: {
        luck: () => this.#snapshotLuck(),
        onCreated: ({ description: { snapshotId, setId, device } }) => {
          this.#note(snapshotId, this.actor);
          this.history.note('cloud', `${snapshotId} of ${device} begins, set ${setId}`);
        },
        onDeleted: ({ description: { snapshotId } }) => {
          const eventCount = this.log.events.length;
          this.deletions.push({ snapshotId, eventCount, by: this.actor });
          this.history.note('cloud', `${snapshotId} is deleted by ${this.actor?.name ?? 'nobody'}`);
        },
      },
      replicas: {
        luck: () => this.#snapshotLuck(),
        onCreated: ({ description: { snapshotId, target, device } }) => {
          this.#note(snapshotId, this.actor);
          this.history.note('cloud', `${snapshotId} of ${device} begins in ${target.region}`);
        },
        onDeleted: ({ description: { snapshotId } }) => {
          this.history.note('cloud', `${snapshotId} is deleted by ${this.actor?.name ?? 'nobody'}`);
        },
      },
      volumes: {
        onCreated: ({ volumeId }) => {
          this.#note(volumeId, this.actor);
        },
      },
      workers: {
        bootMs: () => luck.integer(2_000, 30_000),
        start: (worker) => this.#startWorker(worker),
        onLaunched: ({ workerId, request }) => {
          this.#note(workerId, this.actor);
          this.history.note('cloud', `${workerId} is launched (${request.clientToken})`);
        },
      },
    });
  }

  #startWorker({
    workerId,
    request,
    bootMs,
    ended,
  }: Parameters<Parameters<typeof createSimulatedCloud>[0]['workers']['start']>[0]): () => void {
    const process = this.createProcess(workerId, 'worker');
    // What the worker of a zombie leaves behind is the zombie's.
    if (this.actor?.life === 'zombie') process.becomeZombie();
    process.onDeath(() => {
      if (process.life === 'dead') ended('its process died');
    });
    if (this.failing === 'workers') {
      this.scheduler.schedule(bootMs, () => {
        process.kill('no worker starts');
      });
    }
    if (this.faults.isOn && this.#luckPrng.chance(0.1)) {
      const { scheduler } = this;
      const durationMs = this.#luckPrng.integer(10_000, 200_000);
      scheduler.schedule(this.#luckPrng.integer(0, 90_000), () => {
        if (process.life !== 'dead') process.stall(durationMs);
      });
    }
    const { userData } = request;
    runSimulatedWorker(this, process, { workerId, userData, bootMs }).then(
      (end) => {
        this.history.note(workerId, `ends: ${end}`);
        ended(end);
      },
      (error: unknown) => {
        ended(String(error));
      },
    );
    return () => {
      process.kill('terminated');
    };
  }

  #snapshotLuck(): SnapshotLuck {
    const luck = this.#luckPrng;
    const isBad =
      this.failing === 'snapshots' ||
      (this.faults.isOn && luck.chance(this.weather.snapshotFailure));
    return {
      completesInMs: luck.integer(0, 40_000),
      // Less than the engine's patience: it looks five times, five seconds apart.
      hiddenForMs: luck.chance(0.3) ? luck.integer(0, 15_000) : 0,
      outcome: isBad ? 'error' : 'completed',
    };
  }

  #note(idOrKey: string, maker: SimulatedProcess | null): void {
    if (maker?.life === 'zombie') this.#madeByZombies.add(idOrKey);
  }

  #tellAppends(): void {
    let told = 0;
    this.log.onAppend(() => {
      for (const { stream, revision, type } of this.log.events.slice(told)) {
        this.history.note(this.actor?.name ?? 'nobody', `${stream} #${revision} ${type}`);
      }
      told = this.log.events.length;
    });
  }
}

function outagesOf({ outagesMax }: Weather, prng: SeededPrng): readonly Outage[] {
  return Array.from({ length: prng.integer(0, outagesMax) }, () => {
    const fromMs = prng.integer(0, outageSpanMs);
    return {
      port: prng.pick(struckPorts),
      fromMs,
      untilMs: fromMs + prng.integer(100, outageMaxMs),
    };
  });
}
