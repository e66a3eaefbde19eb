import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { RunningSession } from '../../src/engine/engine.ts';
import { simulatePolicy } from '../../src/domain/policy-simulation/simulate-policy.ts';
import { isSnapledgerError, SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { fakeKeys } from '../support/simulation/fake-format/fake-objects.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { cronOccurrences } from '../support/schedule/cron-occurrences.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import { fakeFormat } from '../support/simulation/fake-format/fake-format.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const web = 'i-web' as InstanceId;
const { pointDependency } = fakeFormat.traits;
const nightly = 'nightly' as PolicyId;

/** Virtual time, the real engine, and a cloud in which nothing fails. */
async function inWorld(
  seed: string,
  test: (world: SimulatedWorld, engine: SimulatedEngine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng(seed));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(web, [{ device: '/dev/xvda', content: [1, 2, null] }]);
  await world.scheduler.drive(test(world, startEngine(world, 'engine', 'flawless')));
}

function selectionOf(instanceId: InstanceId): BackupPolicy['selection'] {
  return defaultPolicy(nightly, [instanceId]).selection;
}

/** Keeps sets for two days; on demand unless it has schedules. Snapshots only. */
function twoDays(changes: Partial<BackupPolicy> = {}): BackupPolicy {
  const usual = defaultPolicy(nightly, [web]);
  const retention = { count: null, age: { amount: 2, unit: 'days' }, gfs: null } as const;
  return {
    ...usual,
    snapshots: { ...usual.snapshots, schedules: [], retention },
    image: { ...usual.image, level: 'off' },
    ...changes,
  };
}

async function backUp({ engine }: SimulatedEngine): Promise<void> {
  const { ended } = await engine.startBackup({ instanceId: web });
  assert.equal((await ended).status, 'succeeded');
}

/** The sets there are, by what retention says of them. */
async function setsOf({ engine }: SimulatedEngine): Promise<{ kept: number; going: number }> {
  const { snapshots } = (await engine.describeItems(web)).plan;
  return { kept: snapshots.keep.length, going: snapshots.remove.length };
}

async function maintenanceOf({ engine }: SimulatedEngine): Promise<readonly string[]> {
  const sessions = await engine.listSessions({ instanceId: web });
  return sessions
    .filter(({ kind }) => kind === 'maintenance')
    .map(({ status, condition }) => `${condition} ${status}`);
}

/** Does what is due now, and says of which instances that was maintenance. */
async function runOnce({ engine }: SimulatedEngine): Promise<readonly InstanceId[]> {
  const maintained: RunningSession[] = [];
  await engine.runPolicies({
    until: 'none-due',
    onMaintenance: (session) => maintained.push(session),
  });
  for (const { ended } of maintained) assert.equal((await ended).status, 'succeeded');
  return maintained.map(({ instanceId }) => instanceId);
}

function hourOf(at: TimestampMs): string {
  return new Date(at).toISOString().slice(0, 13);
}

/** Lets the loop run for a time, then stops it. */
async function runFor(
  world: SimulatedWorld,
  { engine }: SimulatedEngine,
  durationMs: number,
): Promise<void> {
  const stop = new AbortController();
  const loop = engine.runPolicies({ until: 'aborted', signal: stop.signal });
  await world.scheduler.after(durationMs);
  stop.abort();
  await loop;
}

describe('maintenance that is due', () => {
  it('removes what has expired although no backup comes, once, and records it as its own session', async () => {
    await inWorld('expired', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      await world.scheduler.after(day);
      assert.deepEqual(await runOnce(engine), []);
      await world.scheduler.after(day);
      assert.deepEqual(await setsOf(engine), { kept: 0, going: 1 });
      assert.deepEqual(await runOnce(engine), [web]);
      assert.deepEqual(await setsOf(engine), { kept: 0, going: 0 });
      assert.deepEqual(world.snapshots.existing, []);
      assert.deepEqual(await runOnce(engine), []);

      const sessions = await engine.engine.listSessions({ instanceId: web });
      const last = sessions.at(-1);
      assert.ok(last !== undefined);
      const events = await Array.fromAsync(engine.engine.replay(last.sessionId));
      const [started] = events.map(({ event }) => event);
      assert.equal(started?.type, 'SessionStarted');
      assert.deepEqual(started.data.origin, { kind: 'policy', runId: null });
      assert.deepEqual(
        events.map(({ event }) => event.type),
        [
          'SessionStarted',
          'RetentionDecided',
          'RemovalsCleared',
          'SnapshotRemoved',
          'SessionCompleted',
        ],
      );
    });
  });

  it('is due, too, where the cloud tells the same tags in another order each time', async () => {
    await inWorld('reversed tags', async (world, engine) => {
      let tags: readonly (readonly [string, string])[] = [
        ['env', 'prod'],
        ['team', 'web'],
      ];
      const { instances } = world.cloud;
      const readable = instances.readable.bind(instances);
      Object.assign(instances, {
        readable: () => {
          tags = tags.toReversed();
          world.disks.tag(web, Object.fromEntries(tags));
          return readable();
        },
      });
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      await world.scheduler.after(2 * day);
      assert.deepEqual(await runOnce(engine), [web]);
    });
  });

  it('is due, too, where the tags cannot be recorded: told once, and tried again', async () => {
    await inWorld('unrecorded tags', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      const away = new SnapledgerError('LIMIT_EXCEEDED', 'no tags are taken');
      let refused = 0;
      const other = startEngine(world, 'other', 'flawless', (eventStore) => ({
        ...eventStore,
        append: (stream, expected, events) => {
          const isTags = events.length === 1 && events[0]?.type === 'TagsSeen';
          if (!isTags) return eventStore.append(stream, expected, events);
          refused += 1;
          return Promise.reject(away);
        },
      }));
      world.disks.tag(web, { env: 'prod' });
      const troubles: string[] = [];
      const stop = new AbortController();
      const ended: Promise<unknown>[] = [];
      const loop = other.engine.runPolicies({
        until: 'aborted',
        signal: stop.signal,
        onMaintenance: (session) => ended.push(session.ended),
        onTrouble: ({ code, message }) => troubles.push(`${code} ${message}`),
      });
      await world.scheduler.after(2 * day + hour);
      stop.abort();
      await loop;
      assert.equal((await Promise.all(ended)).length, 1);
      assert.deepEqual(await setsOf(engine), { kept: 0, going: 0 });
      assert.ok(refused > 2);
      assert.deepEqual(troubles, [
        "LIMIT_EXCEEDED the tags of instance 'i-web' could not be recorded, which is tried again: no tags are taken",
      ]);
    });
  });

  it('is done by the loop at its time', async () => {
    await inWorld('loop', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      const takenAt = world.scheduler.now();
      await runFor(world, engine, 2 * day + hour);
      assert.deepEqual(await setsOf(engine), { kept: 0, going: 0 });
      const sessions = await engine.engine.listSessions({ instanceId: web });
      const late = (sessions.at(-1)?.startedAt ?? 0) - takenAt - 2 * day;
      assert.ok(Math.abs(late) < hour / 6, `${late} ms late`);
    });
  });

  it('comes at the times of the simulation of the policy, and leaves what that says', async () => {
    await inWorld('as simulated', async (world, engine) => {
      const { snapshots } = twoDays();
      const at = { hour: 7, minute: 0 };
      const policy = twoDays({
        snapshots: {
          ...snapshots,
          schedules: [
            { kind: 'weekly', weekdays: [1, 4], ...at },
            { kind: 'weekly', weekdays: [5], hour: 19, minute: 0 },
          ],
        },
        window: {
          weekdays: [1, 2, 3, 4, 5],
          from: { hour: 6, minute: 0 },
          to: { hour: 6, minute: 0 },
        },
      });
      await world.scheduler.after(hour - (world.scheduler.now() % hour) + minute);
      await engine.engine.setPolicy(policy);
      const from = world.scheduler.now();
      for (let looks = 0; looks < 14 * 48; looks += 1) {
        await runOnce(engine);
        await world.scheduler.after(hour / 2 - (world.scheduler.now() % (hour / 2)) + minute);
      }

      const request = { imageEvery: null, failing: new Set<number>(), pointDependency } as const;
      const until = world.scheduler.now();
      const days = simulatePolicy({ policy, from, until, ...request }, cronOccurrences);
      const foretold = days.flatMap(({ sessions, maintenance }) => [
        ...sessions.map(({ startedAt }) => `${hourOf(startedAt)} backup`),
        ...maintenance.map(({ startedAt }) => `${hourOf(startedAt)} maintenance`),
      ]);
      const sessions = await engine.engine.listSessions({ instanceId: web });
      assert.deepEqual(
        sessions.map(({ kind, startedAt }) => `${hourOf(startedAt)} ${kind}`),
        foretold.toSorted(),
      );
      assert.ok(foretold.filter((one) => one.endsWith('maintenance')).length > 1);
      assert.equal(world.snapshots.existing.length, days.at(-1)?.chain.length);
    });
  });

  it('leaves to a daily backup what that removes itself', async () => {
    await inWorld('daily', async (world, engine) => {
      const { snapshots } = twoDays();
      const daily = { kind: 'daily', hour: 7, minute: 0 } as const;
      await engine.engine.setPolicy(twoDays({ snapshots: { ...snapshots, schedules: [daily] } }));
      await runFor(world, engine, 3 * day);
      assert.deepEqual(await maintenanceOf(engine), []);
      const { kept, going } = await setsOf(engine);
      assert.ok(kept + going <= 3, `${kept} sets are kept, ${going} go`);
    });
  });

  it('makes up for a downtime, of two engines once', async () => {
    await inWorld('downtime', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      await world.scheduler.after(300 * day);
      const other = startEngine(world, 'other', 'flawless');
      const maintained = await Promise.all([runOnce(engine), runOnce(other)]);
      assert.deepEqual(maintained.flat(), [web]);
      assert.deepEqual(await maintenanceOf(engine), ['ended succeeded']);
    });
  });

  it('is due for an instance that no policy covers, where the setting removes what is obsolete', async () => {
    await inWorld('obsolete', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      await engine.engine.removePolicy(nightly);
      await world.scheduler.after(40 * day);
      assert.deepEqual(await runOnce(engine), [], 'by default nothing obsolete goes');
      const period = { amount: 50, unit: 'days' } as const;
      await engine.engine.setObsoleteRule({ kind: 'after', period });
      world.disks.remove(web);
      assert.deepEqual(await runOnce(engine), []);
      await world.scheduler.after(10 * day);
      assert.deepEqual(await runOnce(engine), [web], 'also when the instance itself is gone');
      assert.deepEqual(world.snapshots.existing, []);
    });
  });

  it('is foretold when a setting for obsolete items would remove much', async () => {
    await inWorld('foretold', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      await engine.engine.removePolicy(nightly);
      await world.scheduler.after(40 * day);
      world.disks.remove(web);
      const lossesAfter = async (amount: number): Promise<readonly string[]> => {
        const obsolete = { kind: 'after', period: { amount, unit: 'days' } } as const;
        const { losses } = await engine.engine.previewPolicies({ obsolete });
        return losses.map(({ instanceId, going }) => `${instanceId} ${going.length}`);
      };
      assert.deepEqual(await lossesAfter(41), []);
      assert.deepEqual(await lossesAfter(40), ['i-web 1']);
    });
  });

  it('lets what was made by hand go at its own expiry', async () => {
    await inWorld('by hand', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      const expiresAt = (world.scheduler.now() + 5 * day) as TimestampMs;
      const origin = { kind: 'manual', expiresAt } as const;
      const scope = 'snapshot-only' as const;
      await (
        await engine.engine.startBackup({ instanceId: web, origin, scope })
      ).ended;
      await runFor(world, engine, 4 * day);
      assert.equal(world.snapshots.existing.length, 1);
      await runFor(world, engine, 1.1 * day);
      assert.deepEqual(world.snapshots.existing, []);
    });
  });

  it('looks again when a policy, a hold or an expiry has changed', async () => {
    await inWorld('changes', async (world, engine) => {
      await engine.engine.setPolicy(twoDays());
      await backUp(engine);
      const [set] = (await engine.engine.describeItems(web)).history.sets;
      assert.ok(set !== undefined);
      const stop = new AbortController();
      const loop = engine.engine.runPolicies({ until: 'aborted', signal: stop.signal });
      await world.scheduler.after(day);
      const item = { instanceId: web, item: { kind: 'snapshot-set', id: set.id } } as const;
      const until = (world.scheduler.now() + 3 * day) as TimestampMs;
      await engine.engine.placeHold(item, { kind: 'lock', until });
      await world.scheduler.after(2.5 * day);
      assert.equal(world.snapshots.existing.length, 1, 'it is locked');
      await world.scheduler.after(day);
      assert.deepEqual(world.snapshots.existing, [], 'the lock is over');
      await backUp(engine);
      await world.scheduler.after(26 * hour);
      const oneDay = { count: null, age: { amount: 1, unit: 'days' }, gfs: null } as const;
      const { snapshots } = twoDays();
      await engine.engine.setPolicy(twoDays({ snapshots: { ...snapshots, retention: oneDay } }));
      await world.scheduler.after(hour);
      assert.deepEqual(world.snapshots.existing, [], 'the policy keeps it no longer');
      stop.abort();
      await loop;
    });
  });

  it('waits for the window of the policy', async () => {
    await inWorld('window', async (world, engine) => {
      const weekdays = [1, 2, 3, 4, 5, 6, 7];
      const window = { weekdays, from: { hour: 22, minute: 0 }, to: { hour: 23, minute: 0 } };
      await engine.engine.setPolicy(twoDays({ window }));
      await backUp(engine);
      await world.scheduler.after(2 * day + hour);
      assert.deepEqual(await runOnce(engine), []);
      await runFor(world, engine, day);
      const sessions = await engine.engine.listSessions({ instanceId: web });
      assert.equal(new Date(sessions.at(-1)?.startedAt ?? 0).getUTCHours(), 22);
    });
  });

  it('whose engine dies at any moment is brought to its end by the next one', async () => {
    for (let afterMs = 0; afterMs < 700; afterMs += 35) {
      await inWorld(`dies after ${afterMs}`, async (world, engine) => {
        await engine.engine.setPolicy(twoDays());
        await backUp(engine);
        await world.scheduler.after(3 * day);
        const doomed = startEngine(world, 'doomed', 'flawless');
        void doomed.engine.runPolicies({ until: 'none-due' });
        await world.scheduler.after(afterMs);
        doomed.process.kill('the test');
        await runOnce(engine);
        await runOnce(engine);
        assert.deepEqual(await maintenanceOf(engine), ['ended succeeded'], `${afterMs}`);
        assert.deepEqual(world.snapshots.existing, [], `${afterMs}`);
      });
    }
  });

  it('that holds an instance holds up the backup of a run, which does not fail for it', async () => {
    for (let beforeMs = 0; beforeMs < 300; beforeMs += 30) {
      await inWorld(`busy ${beforeMs}`, async (world, engine) => {
        await engine.engine.setPolicy(twoDays({ retry: { attemptsMax: 1, waitMinutes: 1 } }));
        await backUp(engine);
        await world.scheduler.after(3 * day);
        const other = startEngine(world, 'other', 'flawless');
        const maintenance = runOnce(other);
        await world.scheduler.after(beforeMs);
        const { ended } = await engine.engine.startPolicyRun({ policyId: nightly });
        assert.equal((await ended).status, 'succeeded', `${beforeMs}`);
        await maintenance;
      });
    }
  });

  it('that cannot begin is told, stops no other, and is tried again an hour later', async () => {
    await inWorld('cannot begin', async (world, engine) => {
      const mail = 'i-mail' as InstanceId;
      world.disks.add(mail, [{ device: '/dev/xvda', content: [3] }]);
      const { image } = defaultPolicy(nightly, []);
      await engine.engine.setPolicies([
        twoDays({ image }),
        { ...twoDays(), policyId: 'mail' as PolicyId, selection: selectionOf(mail) },
      ]);
      for (const instanceId of [web, mail]) {
        await (
          await engine.engine.startBackup({ instanceId })
        ).ended;
      }
      const changedBlockTracking = 'off' as const;
      await engine.engine.setPolicy(twoDays({ image: { ...image, changedBlockTracking } }));
      await world.scheduler.after(3 * day);
      const header = await world.objectStore.get(fakeKeys.header);
      await world.objectStore.delete(fakeKeys.header);

      const fresh = startEngine(world, 'fresh', 'flawless');
      const ends: Promise<string>[] = [];
      const stop = new AbortController();
      const loop = fresh.engine.runPolicies({
        until: 'aborted',
        signal: stop.signal,
        onMaintenance: ({ instanceId, ended }) =>
          ends.push(
            ended.then(
              ({ status }) => `${instanceId} ${status}`,
              (error: unknown) => `${instanceId} ${isSnapledgerError(error) ? error.code : ''}`,
            ),
          ),
      });
      await world.scheduler.after(50 * minute);
      const atFirst = await Promise.all(ends.splice(0));
      assert.deepEqual(atFirst.toSorted(), ['i-mail succeeded', 'i-web NOT_A_REPOSITORY']);
      await world.objectStore.create(fakeKeys.header, header);
      await world.scheduler.after(20 * minute);
      assert.deepEqual(await Promise.all(ends), ['i-web succeeded']);
      stop.abort();
      await loop;
    });
  });
});
