import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, PolicyId, TimestampMs } from '../../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import type { OfferEvent } from '../../../src/domain/policy-run/offer-events.ts';
import { offerCatalogue } from '../../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../../src/engine/ledger/event-codec.ts';
import { genesisHash } from '../../../src/engine/ledger/record-hash.ts';
import {
  policyStream,
  runOffersStream,
  scheduleStream,
} from '../../../src/engine/ledger/stream-names.ts';
import type {
  EventStore,
  HandedEvent,
  NewEvent,
  StreamName,
} from '../../../src/ports/event-store.ts';
import { createSeededPrng } from '../../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../../support/simulation/simulated-engine.ts';
import { makeRepository } from '../../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../../support/simulation/simulated-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const policyId = 'hourly' as PolicyId;
const instanceId = 'i-1' as InstanceId;

const away = new SnapledgerError('LEDGER_UNAVAILABLE', 'nothing is handed out', {
  retry: 'retryable',
});

type HandOut = NonNullable<EventStore['handOut']>;

interface Handed {
  readonly world: SimulatedWorld;
  readonly store: EventStore;
  /** How often it was asked to hand out, this time included. */
  readonly asked: number;
}

/** Hands nothing out until it is aborted. */
async function* silence(signal: AbortSignal): AsyncGenerator<HandedEvent> {
  yield* [];
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** Hands every offer out to this engine. */
async function* everyOffer(
  { store }: Handed,
  streamPrefix: StreamName,
  signal: AbortSignal,
): AsyncGenerator<HandedEvent> {
  for await (const record of store.subscribe({ streamPrefix, signal })) {
    yield { record, done: () => Promise.resolve() };
  }
}

/**
 * An engine with a policy that is due every full hour, on a store that hands out as told.
 *
 * @param stamped what the store is given for each event that is appended
 */
async function withHandOut(
  handOut: (handed: Handed, ...given: Parameters<HandOut>) => AsyncGenerator<HandedEvent>,
  test: (world: SimulatedWorld, engine: SimulatedEngine) => Promise<void>,
  stamped: (event: NewEvent) => NewEvent = (event) => event,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng('handed'));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(instanceId, [{ device: '/dev/xvda', content: [1] }]);
  let asked = 0;
  const engine = startEngine(world, 'engine', 'flawless', (store) => ({
    ...store,
    append: (stream, revision, events) => store.append(stream, revision, events.map(stamped)),
    handOut: (...given) => handOut({ world, store, asked: (asked += 1) }, ...given),
  }));
  const usual = defaultPolicy(policyId, [instanceId]);
  const set = async (): Promise<void> => {
    await engine.engine.setPolicy({
      ...usual,
      snapshots: {
        ...usual.snapshots,
        schedules: [{ kind: 'hourly', everyHours: 1, minute: 0 }],
      },
      image: { ...usual.image, level: 'off' },
    });
    await test(world, engine);
  };
  await world.scheduler.drive(set());
}

/** Lets it run policies until `meanwhile` is over; what it was told of as trouble. */
async function troublesWhile(
  { engine }: SimulatedEngine,
  meanwhile: (troubles: readonly SnapledgerError[]) => Promise<void>,
): Promise<readonly SnapledgerError[]> {
  const stop = new AbortController();
  const troubles: SnapledgerError[] = [];
  const loop = engine.runPolicies({
    until: 'aborted',
    signal: stop.signal,
    onTrouble: (error) => troubles.push(error),
  });
  await Promise.race([loop, meanwhile(troubles)]);
  stop.abort();
  await loop;
  return troubles;
}

/** From now until so long after the next full hour. */
function pastTheHour(world: SimulatedWorld, afterMs: number): number {
  return hour - (world.scheduler.now() % hour) + afterMs;
}

async function runsOf({ engine }: SimulatedEngine): Promise<readonly (string | undefined)[]> {
  const sessions = await engine.listSessions();
  return sessions.filter(({ kind }) => kind === 'policy-run').map(({ status }) => status);
}

describe('the loop that begins what it is handed', () => {
  it('asks again after a store that could hand nothing out, and tells that once', async () => {
    let asked = 0;
    await withHandOut(
      async function* (handed, stream, signal) {
        asked = handed.asked;
        if (asked <= 5) throw away;
        yield* everyOffer(handed, stream, signal);
      },
      async (world, engine) => {
        const troubles = await troublesWhile(engine, () =>
          world.scheduler.after(pastTheHour(world, hour / 2)),
        );
        assert.deepEqual(troubles, [away]);
        assert.equal(asked, 6);
        assert.deepEqual(await runsOf(engine), ['succeeded']);
      },
    );
  });

  it('tells of a later outage, although no offer came in between', async () => {
    await withHandOut(
      async function* ({ asked }, _, signal) {
        if (asked === 1) throw away;
        yield* silence(signal);
      },
      async (world, engine) => {
        const troubles = await troublesWhile(engine, async () => {
          await world.scheduler.after(10 * minute);
          world.faults.blackout = 'ledger';
          await world.scheduler.after(5 * minute);
          world.faults.blackout = null;
        });
        assert.equal(troubles.length, 2);
      },
    );
  });

  it('leaves an offer that it cannot begin now to be handed out again, and is in no trouble', async () => {
    const done: string[] = [];
    await withHandOut(
      async function* ({ world, store }, streamPrefix, signal) {
        for await (const record of store.subscribe({ streamPrefix, signal })) {
          world.faults.blackout = 'ledger';
          yield { record, done: () => Promise.resolve(void done.push('first time')) };
          world.faults.blackout = null;
          yield { record, done: () => Promise.resolve(void done.push('second time')) };
        }
      },
      async (world, engine) => {
        const troubles = await troublesWhile(engine, async (soFar) => {
          await world.scheduler.after(pastTheHour(world, minute));
          assert.deepEqual(soFar, []);
          assert.deepEqual(done, ['second time']);
          world.faults.blackout = 'ledger';
          await world.scheduler.after(5 * minute);
          world.faults.blackout = null;
        });
        assert.equal(troubles.length, 1, 'a later outage is told');
        assert.deepEqual(await runsOf(engine), ['succeeded']);
      },
    );
  });

  it('is given up, told once, when the user may not be handed anything: the engine begins runs itself', async () => {
    let asked = 0;
    const denied = new SnapledgerError('LEDGER_ACCESS_DENIED', 'not for you');
    await withHandOut(
      async function* (handed) {
        asked = handed.asked;
        yield* [];
        await Promise.resolve();
        throw denied;
      },
      async (world, engine) => {
        const troubles = await troublesWhile(engine, async () => {
          // Sooner than anybody would begin an offer that nobody was handed.
          await world.scheduler.after(pastTheHour(world, 15_000));
          assert.deepEqual(await runsOf(engine), ['succeeded']);
          await world.scheduler.after(hour);
        });
        assert.deepEqual(
          troubles.map(({ code, cause }) => [code, cause]),
          [['LEDGER_ACCESS_DENIED', denied]],
        );
        assert.match(troubles[0]?.remedy ?? '', /persistent subscription/);
        assert.equal(asked, 1);
        assert.deepEqual(await runsOf(engine), ['succeeded', 'succeeded']);
      },
    );
  });

  it('leaves an offer of a policy whose runs it cannot read to others, tells of it once, and goes on', async () => {
    const done: string[] = [];
    let handed = 0;
    await withHandOut(
      async function* ({ world, store }, streamPrefix, signal) {
        for await (const record of store.subscribe({ streamPrefix, signal })) {
          const { data } = decodeEvent<OfferEvent>(record, offerCatalogue);
          if (data.policyId === policyId && handed === 0) {
            const metadata = { ...record.metadata, previousHash: genesisHash };
            const id = crypto.randomUUID();
            const event = { id, type: 'FromTheFuture', data: Uint8Array.of(0x80), metadata };
            await world.eventStore.append(scheduleStream(policyId), 'no-stream', [event]);
          }
          handed += 1;
          yield { record, done: () => Promise.resolve(void done.push(data.policyId)) };
        }
      },
      async (world, engine) => {
        const policy = (await engine.engine.listPolicies())[0]?.policy;
        assert.ok(policy !== undefined);
        await engine.engine.setPolicy({ ...policy, policyId: 'sound' as PolicyId });
        const troubles = await troublesWhile(engine, () =>
          world.scheduler.after(pastTheHour(world, 90 * minute)),
        );
        assert.deepEqual(
          troubles.map(({ code, message }) => [code, message.split(',')[0]]),
          [['UNKNOWN_EVENT', `the runs of policy '${policyId}' cannot be read`]],
        );
        assert.ok(handed >= 3);
        assert.deepEqual(done, ['sound', 'sound']);
        // Its instance belongs to the other policy.
        assert.deepEqual(await runsOf(engine), ['warning', 'warning']);
      },
    );
  });

  it('tells once of an offer that it cannot read, leaves it to others, and begins what is due', async () => {
    const done: string[] = [];
    await withHandOut(
      async function* ({ store }, streamPrefix, signal) {
        for await (const record of store.subscribe({ streamPrefix, signal })) {
          for (let times = 0; times < 2; times += 1) {
            yield { record, done: () => Promise.resolve(void done.push(record.type)) };
          }
        }
      },
      async (world, engine) => {
        const [{ metadata } = assert.fail('nothing was recorded')] = await Array.fromAsync(
          world.eventStore.readStream(policyStream(policyId)),
        );
        const unread = { ...metadata, previousHash: genesisHash };
        const id = crypto.randomUUID();
        await world.eventStore.append(runOffersStream, 'no-stream', [
          { id, type: 'FromTheFuture', data: Uint8Array.of(0x80), metadata: unread },
        ]);
        const troubles = await troublesWhile(engine, () =>
          world.scheduler.after(pastTheHour(world, hour + 15_000)),
        );
        assert.deepEqual(
          troubles.map(({ code, message }) => [code, message.split(',')[0]]),
          [['UNKNOWN_EVENT', 'an offer of a run cannot be read']],
        );
        assert.equal(troubles[0]?.remedy, 'Use the newer version of snapledger that wrote it.');
        // Sooner than what nobody was handed is begun.
        assert.deepEqual(await runsOf(engine), ['succeeded', 'succeeded']);
        assert.deepEqual(done, ['RunOffered', 'RunOffered', 'RunOffered', 'RunOffered']);
      },
    );
  });

  it('ends for a reason that does not pass', async () => {
    const broken = new SnapledgerError('LEDGER_CORRUPT', 'broken');
    await withHandOut(
      async function* () {
        yield* [];
        await Promise.resolve();
        throw broken;
      },
      async (world, engine) => {
        await assert.rejects(
          troublesWhile(engine, () => world.scheduler.after(hour)),
          broken,
        );
      },
    );
  });
});

describe('a run that was put up', () => {
  const aheadMs = 24 * hour;

  it('by a clock that is a day ahead is begun when nobody was handed it, not a day later', async () => {
    await withHandOut(
      (_, __, signal) => silence(signal),
      async (world, engine) => {
        await troublesWhile(engine, () => world.scheduler.after(pastTheHour(world, 5 * minute)));
        assert.deepEqual(await runsOf(engine), ['succeeded']);
      },
      (event) => (event.type === 'RunOffered' ? shifted(event, aheadMs) : event),
    );
  });

  it('is begun as soon as nobody was handed it for so long, without another reason to look', async () => {
    await withHandOut(
      (_, __, signal) => silence(signal),
      async (world, engine) => {
        await troublesWhile(engine, async () => {
          await world.scheduler.after(pastTheHour(world, 15_000));
          assert.deepEqual(await runsOf(engine), []);
          await world.scheduler.after(15_000);
          assert.equal((await runsOf(engine)).length, 1);
        });
      },
    );
  });

  it('is not begun by an engine that was told to stop while it put it up', async () => {
    const stop = new AbortController();
    await withHandOut(
      (_, __, signal) => silence(signal),
      async (world, { engine }) => {
        const loop = engine.runPolicies({ until: 'aborted', signal: stop.signal });
        await Promise.race([loop, world.scheduler.after(pastTheHour(world, minute))]);
        await loop;
        assert.deepEqual(await engine.listSessions(), []);
      },
      (event) => {
        if (event.type !== 'RunOffered') return event;
        stop.abort();
        // One that has waited for long: it could be begun at once.
        return shifted(event, -hour);
      },
    );
  });

  it('by a clock that is ahead is left to others by an engine for which it is not due yet', async () => {
    let handed = 0;
    let done = 0;
    await withHandOut(
      async function* ({ world, store }, streamPrefix, signal) {
        for await (const record of store.subscribe({ streamPrefix, signal })) {
          world.clocksAheadMs = 0;
          handed += 1;
          yield { record, done: () => Promise.resolve(void (done += 1)) };
        }
      },
      async (world, engine) => {
        world.clocksAheadMs = hour;
        await troublesWhile(engine, () => world.scheduler.after(2 * minute));
        assert.deepEqual([handed, done], [1, 0]);
      },
    );
  });

  function shifted(event: NewEvent, byMs: number): NewEvent {
    const recordedAt = (event.metadata.recordedAt + byMs) as TimestampMs;
    return { ...event, metadata: { ...event.metadata, recordedAt } };
  }
});
