import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ObjectKey, ObjectStore } from '../../src/ports/object-store.ts';
import { runWorker } from '../../src/worker/run-worker.ts';
import { createFaultyObjectStore, type Fault } from '../mailbox/faulty-object-store.ts';
import { createWorkerRig, giveJob } from './worker-rig.ts';

/** A worker tries ten times, so one fault less than that may hit each object. */
const faultsPerObjectMax = 9;

function createFaults(stream: Iterator<Fault, undefined>): (key: ObjectKey) => Fault {
  const faultsOf = new Map<ObjectKey, number>();
  return (key) => {
    const faults = faultsOf.get(key) ?? 0;
    const fault = faults < faultsPerObjectMax ? (stream.next().value ?? 'none') : 'none';
    if (fault !== 'none') faultsOf.set(key, faults + 1);
    return fault;
  };
}

function watchCalls(store: ObjectStore, calls: string[]): ObjectStore {
  return createFaultyObjectStore(store, (call, key) => {
    calls.push(`${call} ${key}`);
    return 'none';
  });
}

describe('a worker whose store fails now and then', () => {
  it('does its job, whatever single calls or their replies are lost', async () => {
    const faults = fc.infiniteStream(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant<Fault>('none') },
        { weight: 1, arbitrary: fc.constantFrom<Fault>('unavailable', 'lost-reply') },
      ),
    );
    await fc.assert(
      fc.asyncProperty(faults, async (stream) => {
        const nextFault = createFaults(stream);
        const rig = createWorkerRig({
          workerStore: (store) => createFaultyObjectStore(store, (_call, key) => nextFault(key)),
        });
        const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
        assert.deepEqual(end, { kind: 'reported', outcome: { outcome: 'succeeded' } });
        assert.deepEqual(await rig.engine.readDone(), { outcome: 'succeeded' });
      }),
      { numRuns: 50 },
    );
  });

  it('leaves no call under way when it has ended', async () => {
    const calls: string[] = [];
    const rig = createWorkerRig({
      workerStore: (store, clock) => ({
        ...watchCalls(store, calls),
        create: async (key, body) => {
          if (key.includes('beat-')) await clock.sleep(7_000);
          calls.push(`create ${key}`);
          await store.create(key, body);
        },
      }),
    });
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const callsAtEnd = calls.length;
    await rig.clock.sleep(60_000);
    assert.equal(calls.length, callsAtEnd);
    assert.match(calls.findLast((call) => call.startsWith('create')) ?? '', /done$/);
  });

  it('misses beats during an outage that it outlives', async () => {
    const rig = createWorkerRig({
      segmentsPerVolume: 100,
      workerStore: (store, clock) => {
        const begin = clock.now();
        return createFaultyObjectStore(store, () => {
          const elapsedMs = clock.now() - begin;
          return elapsedMs > 20_000 && elapsedMs < 80_000 ? 'unavailable' : 'none';
        });
      },
    });
    const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
    assert.deepEqual(end, { kind: 'reported', outcome: { outcome: 'succeeded' } });
    assert.ok(rig.log.some((line) => line.includes('a heartbeat could not be posted')));
  });

  it('gives up when its store stays away, and says on its log that nobody knows', async () => {
    const rig = createWorkerRig({
      segmentsPerVolume: 1_000,
      workerStore: (store, clock) => {
        const begin = clock.now();
        return createFaultyObjectStore(store, () =>
          clock.now() - begin > 20_000 ? 'unavailable' : 'none',
        );
      },
    });
    const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
    assert.equal(end.kind, 'unreported');
    assert.ok(rig.clock.now() - rig.startedAt < 10 * 60_000);
    assert.match(rig.log.at(-1) ?? '', /nothing could be reported: STORE_UNAVAILABLE/);
    assert.equal(rig.openDevices.size, 0);
  });
});
