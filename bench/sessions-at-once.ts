/**
 * Many sessions at once in one engine: backups of snapshots on a simulated cloud whose snapshots take
 * up to two seconds, with a durable ledger in SQLite. What is sealed of it goes into an object store in
 * memory: what a store takes for it is not measured.
 *
 *     node bench/sessions-at-once.ts [SESSIONS]        default: 1,000
 *
 * The latency of an append is the time from the call to its answer; that of the event loop is how late
 * a timer of 10 ms comes.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createMemoryPresence } from '../src/adapters/memory/engine-presence.ts';
import { createMemoryObjectStore } from '../src/adapters/memory/object-store.ts';
import { createSqliteCatalogueStore } from '../src/adapters/sqlite/catalogue/sqlite-catalogue-store.ts';
import { openSqliteEventStore } from '../src/adapters/sqlite/event-store/sqlite-event-store.ts';
import { systemClock } from '../src/adapters/system/system-clock.ts';
import { systemRandom } from '../src/adapters/system/system-random.ts';
import type { InstanceId, PolicyId } from '../src/domain/identifiers.ts';
import { defaultPolicy } from '../src/domain/policy/default-policy.ts';
import { createEngine } from '../src/engine/create-engine.ts';
import { localEngineLimits } from '../src/engine/engine-limits.ts';
import type { EventStore } from '../src/ports/event-store.ts';
import { cronOccurrences } from '../test/support/schedule/cron-occurrences.ts';
import { createSimulatedCloud } from '../test/support/simulation/cloud/simulated-cloud.ts';
import { fakeFormat } from '../test/support/simulation/fake-format/fake-format.ts';

const sessionsDefault = 1_000;
const snapshotMaxMs = 2_000;

const count = Number(process.argv[2] ?? sessionsDefault);
const folder = await mkdtemp(join(tmpdir(), 'snapledger-bench-'));
const clock = systemClock;
const random = systemRandom;
const inner = await openSqliteEventStore({
  path: join(folder, 'ledger.sqlite'),
  clock,
  ifMissing: 'create',
});
const latenciesMs: number[] = [];
let events = 0;
const eventStore: EventStore = {
  append: async (stream, expected, newEvents) => {
    const began = performance.now();
    const result = await inner.append(stream, expected, newEvents);
    latenciesMs.push(performance.now() - began);
    events += newEvents.length;
    return result;
  },
  readStream: (...given) => inner.readStream(...given),
  readAll: (...given) => inner.readAll(...given),
  subscribe: (...given) => inner.subscribe(...given),
  close: () => inner.close(),
};
const nothing = (): void => undefined;
const { cloud, disks } = createSimulatedCloud({
  now: () => clock.now(),
  snapshots: {
    luck: () => ({
      completesInMs: Math.random() * snapshotMaxMs,
      hiddenForMs: 0,
      outcome: 'completed',
    }),
    onCreated: nothing,
    onDeleted: nothing,
  },
  replicas: {
    luck: () => ({ completesInMs: 0, hiddenForMs: 0, outcome: 'completed' }),
    onCreated: nothing,
    onDeleted: nothing,
  },
  volumes: { onCreated: nothing },
  workers: { bootMs: () => 0, start: () => nothing, onLaunched: nothing },
});
const objectStore = createMemoryObjectStore();
const repository = await fakeFormat.createRepository({
  objectStore,
  secret: { kind: 'passphrase', passphrase: 'bench' },
  random,
  clock,
});
const engine = createEngine({
  eventStore,
  catalogue: createSqliteCatalogueStore({ folder: join(folder, 'catalogue') }),
  cloud,
  objectStore,
  workerStore: { kind: 'filesystem', root: folder },
  workerDevices: { kind: 'folder' },
  repository: () => Promise.resolve(repository),
  format: fakeFormat,
  presence: createMemoryPresence(),
  clock,
  occurrences: cronOccurrences,
  random,
  actor: 'bench',
  limits: localEngineLimits,
});
const instances = Array.from({ length: count }, (_, index) => `i-${index}` as InstanceId);
for (const id of instances) disks.add(id, [{ device: '/dev/xvda', content: [1, null] }]);
const usual = defaultPolicy(`bench-${randomUUID()}` as PolicyId, instances);
await engine.setPolicy({ ...usual, image: { ...usual.image, level: 'off' } });
latenciesMs.length = 0;
events = 0;

const loop = monitorEventLoopDelay({ resolution: 10 });
loop.enable();
const began = performance.now();
const cpuBefore = process.cpuUsage();
const running = await Promise.all(
  instances.map((instanceId) => engine.startBackup({ instanceId })),
);
const allBegunMs = performance.now() - began;
const ended = await Promise.all(running.map((one) => one.ended));
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
loop.disable();
const sorted = latenciesMs.toSorted((a, b) => a - b);
const at = (share: number): number =>
  Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2));
console.log(
  JSON.stringify({
    sessions: count,
    succeeded: ended.filter(({ status }) => status === 'succeeded').length,
    allBegunSeconds: Number((allBegunMs / 1000).toFixed(2)),
    seconds: Number(seconds.toFixed(2)),
    cpuSeconds: Number(((user + system) / 1_000_000).toFixed(2)),
    events,
    appends: sorted.length,
    appendsPerSecond: Math.round(sorted.length / seconds),
    appendMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    eventLoopDelayMs: {
      p50: Math.round(loop.percentile(50) / 1e6),
      p99: Math.round(loop.percentile(99) / 1e6),
      max: Math.round(loop.max / 1e6),
    },
    peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
  }),
);
await engine.close();
await inner.close();
await rm(folder, { recursive: true });
