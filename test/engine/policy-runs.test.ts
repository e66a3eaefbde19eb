import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, PolicyId, SessionId } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { ScheduleEvent } from '../../src/domain/policy-run/schedule-events.ts';
import type { RunningPolicyRun } from '../../src/engine/engine.ts';
import { scheduleCatalogue } from '../../src/engine/ledger/event-catalogues.ts';
import { decodeEvent } from '../../src/engine/ledger/event-codec.ts';
import { scheduleStream } from '../../src/engine/ledger/stream-names.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const minute = 60_000;
const hour = 60 * minute;
const nightly = 'nightly' as PolicyId;
const ids = ['i-1', 'i-2', 'i-3'].map((id) => id as InstanceId);

/** Virtual time, the real engine, and a cloud in which nothing fails unless a test says so. */
async function inWorld(
  seed: string,
  test: (world: SimulatedWorld, engine: SimulatedEngine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng(seed));
  world.faults.switchOff();
  await makeRepository(world);
  for (const id of ids) {
    world.disks.add(id, [{ device: '/dev/xvda', content: [1, 2, null] }]);
  }
  await world.scheduler.drive(test(world, startEngine(world, 'engine', 'flawless')));
}

interface PolicyChanges {
  readonly everyHours?: number;
  readonly instances?: readonly InstanceId[];
  readonly retry?: BackupPolicy['retry'];
  readonly priority?: number;
}

/** Snapshots only. */
function hourly(policyId: PolicyId, changes: PolicyChanges = {}): BackupPolicy {
  const { everyHours = 1, instances = ids, retry, priority = 0 } = changes;
  const usual = defaultPolicy(policyId, instances);
  return {
    ...usual,
    priority,
    snapshots: {
      ...usual.snapshots,
      schedules: [{ kind: 'hourly', everyHours, minute: 0 }],
    },
    image: { ...usual.image, level: 'off' },
    retry: retry ?? { attemptsMax: 2, waitMinutes: 5 },
  };
}

/** What was recorded of runs and of sessions, as words. */
async function runsIn({ engine }: SimulatedEngine): Promise<readonly string[]> {
  const sessions = await engine.listSessions();
  return sessions
    .filter(({ kind }) => kind === 'policy-run')
    .map(({ policyId, status }) => `${policyId ?? ''} ${status}`);
}

async function backupsOf({ engine }: SimulatedEngine, instanceId: InstanceId): Promise<number> {
  return (await engine.listSessions({ instanceId })).length;
}

/** The instances that were tried a second time. */
async function summaryOf(
  { engine }: SimulatedEngine,
  sessionId: SessionId,
): Promise<{ readonly retried: readonly string[] }> {
  const events = await Array.fromAsync(engine.replay(sessionId));
  const retried = events.flatMap(({ event }) =>
    event.type === 'InstanceSessionStarted' && event.data.attempt === 2
      ? [event.data.instanceId as string]
      : [],
  );
  return { retried };
}

async function typesOf({ engine }: SimulatedEngine, sessionId: SessionId): Promise<string[]> {
  const events = await Array.fromAsync(engine.replay(sessionId));
  return events.map(({ event }) => event.type);
}

/** From now until half an hour after the so-many-th full hour, at each of which a run is due. */
function pastHours(world: SimulatedWorld, count: number): number {
  return hour - (world.scheduler.now() % hour) + (count - 1) * hour + hour / 2;
}

/** Lets the loop run for a time, then stops it. */
async function runFor(
  world: SimulatedWorld,
  { engine }: SimulatedEngine,
  durationMs: number,
): Promise<readonly RunningPolicyRun[]> {
  const stop = new AbortController();
  const runs: RunningPolicyRun[] = [];
  const loop = engine.runPolicies({
    until: 'aborted',
    signal: stop.signal,
    onRun: (run) => runs.push(run),
  });
  await world.scheduler.after(durationMs);
  stop.abort();
  await loop;
  return runs;
}

describe('the loop that runs policies', () => {
  it('begins a run whenever one is due, with a session for each instance', async () => {
    await inWorld('due', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const runs = await runFor(world, engine, pastHours(world, 3));
      assert.equal(runs.length, 3);
      assert.deepEqual(await runsIn(engine), Array(3).fill('nightly succeeded'));
      for (const id of ids) assert.equal(await backupsOf(engine, id), 3);
    });
  });

  it('makes up for a downtime by one run', async () => {
    await inWorld('downtime', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      await runFor(world, engine, pastHours(world, 1));
      await world.scheduler.after(9 * hour);
      await engine.engine.runPolicies({ until: 'none-due' });
      assert.deepEqual(await runsIn(engine), Array(2).fill('nightly succeeded'));
      await engine.engine.runPolicies({ until: 'none-due' });
      assert.equal((await runsIn(engine)).length, 2);
    });
  });

  it('of two engines begins each run once', async () => {
    await inWorld('two engines', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const other = startEngine(world, 'other', 'flawless');
      const runs = await Promise.all([
        runFor(world, engine, pastHours(world, 2)),
        runFor(world, other, pastHours(world, 2)),
      ]);
      assert.equal(runs.flat().length, 2);
      assert.equal((await runsIn(engine)).length, 2);
      for (const id of ids) assert.equal(await backupsOf(engine, id), 2);
    });
  });

  it('takes up a policy that was set while it slept', async () => {
    await inWorld('set later', async (world, engine) => {
      const loop = runFor(world, engine, pastHours(world, 3));
      await world.scheduler.after(30 * minute);
      await startEngine(world, 'admin', 'flawless').engine.setPolicy(hourly(nightly));
      assert.ok((await loop).length >= 2);
    });
  });

  it('outlives a ledger that does not answer for hours, tells it once, and makes up for it', async () => {
    await inWorld('away', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const stop = new AbortController();
      const troubles: string[] = [];
      const onTrouble = ({ code }: SnapledgerError): void => void troubles.push(code);
      const loop = engine.engine.runPolicies({ until: 'aborted', signal: stop.signal, onTrouble });
      await world.scheduler.after(pastHours(world, 1));
      world.faults.blackout = 'ledger';
      await world.scheduler.after(3 * hour);
      assert.deepEqual(troubles, ['LEDGER_UNAVAILABLE']);
      world.faults.blackout = null;
      await world.scheduler.after(hour / 4);
      assert.deepEqual(await runsIn(engine), Array(2).fill('nightly succeeded'));
      world.faults.blackout = 'ledger';
      await world.scheduler.after(hour / 4);
      world.faults.blackout = null;
      assert.equal(troubles.length, 2, 'the next failure is told again');
      await world.scheduler.after(hour / 2);
      assert.deepEqual(await runsIn(engine), Array(3).fill('nightly succeeded'));
      stop.abort();
      await loop;
    });
  });

  it('goes on with a run that a ledger which did not answer had stopped', async () => {
    for (let afterMs = 0; afterMs < 4_000; afterMs += 500) {
      await inWorld(`stopped after ${afterMs}`, async (world, engine) => {
        await engine.engine.setPolicy(hourly(nightly));
        const stop = new AbortController();
        let begun = 0;
        const loop = engine.engine.runPolicies({
          until: 'aborted',
          signal: stop.signal,
          onRun: ({ ended }) => {
            begun += 1;
            ended.catch(() => undefined);
          },
        });
        await world.scheduler.after(pastHours(world, 1) - hour / 2 + afterMs);
        world.faults.blackout = 'ledger';
        await world.scheduler.after(hour / 2);
        world.faults.blackout = null;
        await world.scheduler.after(hour / 4);
        assert.deepEqual(await runsIn(engine), ['nightly succeeded'], `${afterMs}`);
        assert.ok(begun <= 2, `${afterMs}: it is gone on with once, not ${begun - 1} times`);
        stop.abort();
        await loop;
      });
    }
  });

  it('gives up a ledger that is away for days, and at once when it was to run only once', async () => {
    await inWorld('gone', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const until = 'aborted' as const;
      const loop = assert.rejects(engine.engine.runPolicies({ until }), {
        code: 'LEDGER_UNAVAILABLE',
      });
      world.faults.blackout = 'ledger';
      await loop;
      await assert.rejects(engine.engine.runPolicies({ until: 'none-due' }), {
        code: 'LEDGER_UNAVAILABLE',
      });
    });
  });

  it('leaves a removed policy alone', async () => {
    await inWorld('removed', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      await engine.engine.removePolicy(nightly);
      assert.equal((await runFor(world, engine, pastHours(world, 2))).length, 0);
      assert.deepEqual(await engine.engine.listPolicies(), []);
      await assert.rejects(engine.engine.removePolicy(nightly), { code: 'UNKNOWN_POLICY' });
    });
  });

  it('goes on with a run whose engine died, and ends it with one session for each instance', async () => {
    await inWorld('crash', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const doomed = startEngine(world, 'doomed', 'flawless');
      void doomed.engine.runPolicies({ until: 'aborted' });
      await world.scheduler.after(hour - (world.scheduler.now() % hour) + 20);
      doomed.process.kill('the test');
      await engine.engine.runPolicies({ until: 'none-due' });
      const [status] = await runsIn(engine);
      assert.match(status ?? '', /nightly (succeeded|failed)/);
      for (const { condition } of await engine.engine.listSessions()) {
        assert.equal(condition, 'ended');
      }
    });
  });

  it('goes on with it, too, when its policy was removed meanwhile, and begins no other', async () => {
    await inWorld('removed and crashed', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const doomed = startEngine(world, 'doomed', 'flawless');
      void doomed.engine.runPolicies({ until: 'aborted' });
      await world.scheduler.after(hour - (world.scheduler.now() % hour) + 200);
      doomed.process.kill('the test');
      await engine.engine.removePolicy(nightly);
      assert.deepEqual(await runsIn(engine), ['nightly running']);
      const runs = await runFor(world, engine, pastHours(world, 2));
      assert.equal(runs.length, 1);
      assert.match((await runsIn(engine)).join(), /^nightly (succeeded|failed)$/);
      for (const { condition } of await engine.engine.listSessions()) {
        assert.equal(condition, 'ended');
      }
    });
  });

  it('leaves a run that only waits for a retry when it is stopped, and the next goes on with it', async () => {
    await inWorld('stopped', async (world, engine) => {
      const retry = { attemptsMax: 2, waitMinutes: 600 };
      await engine.engine.setPolicy(hourly(nightly, { retry }));
      world.disks.add('i-3' as InstanceId, []);
      const stop = new AbortController();
      const runs: RunningPolicyRun[] = [];
      const { signal } = stop;
      const onRun = (run: RunningPolicyRun): unknown => runs.push(run);
      const loop = engine.engine.runPolicies({ until: 'aborted', signal, onRun });
      await world.scheduler.after(pastHours(world, 1));
      const stoppedAt = world.scheduler.now();
      stop.abort();
      await loop;
      assert.ok(world.scheduler.now() - stoppedAt < minute, 'it does not wait for the retry');
      const [run, ...more] = runs;
      assert.ok(run !== undefined && more.length === 0);
      await assert.rejects(run.ended, {
        code: 'INTERRUPTED',
        message: /waits to try again at 2\d{3}-/,
        remedy: "'snapledger run' goes on with it.",
      });
      assert.deepEqual(await runsIn(engine), ['nightly running']);

      world.disks.add('i-3' as InstanceId, [{ device: '/dev/xvda', content: [3] }]);
      await engine.engine.close();
      const next = startEngine(world, 'next', 'flawless');
      await next.engine.runPolicies({ until: 'none-due' });
      const { retried } = await summaryOf(next, run.sessionId);
      assert.deepEqual(retried, ['i-3']);
      assert.ok(world.scheduler.now() - stoppedAt > 9 * hour, 'it waited as long as it had to');
      assert.equal((await runsIn(next))[0], 'nightly succeeded');
    });
  });

  it('that is stopped lets sessions under way end first, and leaves the run then', async () => {
    await inWorld('stopped early', async (world, engine) => {
      const retry = { attemptsMax: 2, waitMinutes: 600 };
      await engine.engine.setPolicy(hourly(nightly, { retry }));
      world.disks.add('i-3' as InstanceId, []);
      const stop = new AbortController();
      const loop = engine.engine.runPolicies({ until: 'aborted', signal: stop.signal });
      await world.scheduler.after(hour - (world.scheduler.now() % hour) + 400);
      stop.abort();
      await loop;
      assert.equal(
        (await engine.engine.listSessions({ instanceId: 'i-1' as InstanceId })).length,
        1,
      );
      for (const { kind, condition } of await engine.engine.listSessions()) {
        if (kind !== 'policy-run') assert.equal(condition, 'ended');
      }
      assert.deepEqual(await runsIn(engine), ['nightly running']);
    });
  });

  it('dies at any moment, and the next engine brings everything to its end', async () => {
    for (let afterMs = 0; afterMs < 3_000; afterMs += 150) {
      await inWorld(`crash after ${afterMs}`, async (world, engine) => {
        await engine.engine.setPolicy(hourly(nightly));
        const doomed = startEngine(world, 'doomed', 'flawless');
        void doomed.engine.runPolicies({ until: 'aborted' });
        await world.scheduler.after(hour - (world.scheduler.now() % hour) + afterMs);
        doomed.process.kill('the test');
        await engine.engine.runPolicies({ until: 'none-due' });
        const sessions = await engine.engine.listSessions();
        for (const { condition } of sessions) assert.equal(condition, 'ended', `${afterMs}`);
        const runs = sessions.filter(({ kind }) => kind === 'policy-run');
        assert.ok(runs.length <= 2, `${afterMs}: ${runs.length} runs`);
        const state = (await engine.engine.describePolicy(nightly)).state;
        assert.equal(state, 'idle');
      });
    }
  });
});

describe('a run of a policy', () => {
  it('tries only the failed instance again, after the wait', async () => {
    await inWorld('retry', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const busy = ids[1];
      assert.ok(busy !== undefined);
      // Somebody else's session holds the instance for a while: the run's own cannot begin.
      const held = startEngine(world, 'holder', 'flawless');
      const manual = await held.engine.startBackup({ instanceId: busy });
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      const summary = await run.ended;
      await manual.ended;
      assert.equal(summary.status, 'succeeded');
      const types = await typesOf(engine, run.sessionId);
      assert.equal(types.filter((type) => type === 'InstanceSessionStarted').length, 4);
      assert.equal(types.filter((type) => type === 'RetryScheduled').length, 1);
      assert.ok((summary.endedAt ?? 0) - summary.startedAt >= 5 * minute);
    });
  });

  it('fails when an instance fails to its last attempt, and backs the others up', async () => {
    await inWorld('fails', async (world, engine) => {
      const retry = { attemptsMax: 2, waitMinutes: 1 };
      await engine.engine.setPolicy(hourly(nightly, { retry }));
      world.disks.add('i-3' as InstanceId, []);
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      const summary = await run.ended;
      assert.equal(summary.status, 'failed');
      assert.match(summary.problems[0]?.message ?? '', /1 of 3 instances .* failed: i-3$/);
      assert.equal(await backupsOf(engine, 'i-1' as InstanceId), 1);
      assert.equal(await backupsOf(engine, 'i-3' as InstanceId), 2);
    });
  });

  it('leaves instances to the policy of higher priority, and says which', async () => {
    await inWorld('priority', async (_world, engine) => {
      const important = hourly('important' as PolicyId, {
        priority: 5,
        instances: ids.slice(0, 1),
      });
      await engine.engine.setPolicies([hourly(nightly), important]);
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      await run.ended;
      const events = await Array.fromAsync(engine.engine.replay(run.sessionId));
      const found = events.flatMap(({ event }) =>
        event.type === 'InstancesResolved' ? [event.data] : [],
      );
      assert.deepEqual(found, [
        {
          instances: ['i-2', 'i-3'],
          skipped: [{ instanceId: 'i-1', reason: { kind: 'other-policy', policyId: 'important' } }],
        },
      ]);
    });
  });

  it('is refused while another one of the policy is under way', async () => {
    await inWorld('busy', async (_world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const run = await engine.engine.startPolicyRun({ policyId: nightly });
      await assert.rejects(engine.engine.startPolicyRun({ policyId: nightly }), {
        code: 'POLICY_BUSY',
      });
      await run.ended;
      await (
        await engine.engine.startPolicyRun({ policyId: nightly })
      ).ended;
    });
  });

  it('that is asked for is never given up by the loop of the same engine', async () => {
    for (let afterMs = 0; afterMs < 100; afterMs += 2) {
      await inWorld(`asked for, then looked at after ${afterMs}`, async (world, { engine }) => {
        await engine.setPolicy(hourly(nightly));
        const begun = engine.startPolicyRun({ policyId: nightly });
        await world.scheduler.after(afterMs);
        const loop = engine.runPolicies({ until: 'none-due' });
        await (
          await begun
        ).ended;
        await loop;
        const records = await Array.fromAsync(world.eventStore.readStream(scheduleStream(nightly)));
        const types = records.map(({ type }) => type);
        assert.deepEqual(types, ['RunClaimed', 'RunReleased'], `${afterMs}`);
      });
    }
  });

  it('that is cancelled cancels its sessions, and ends after them', async () => {
    await inWorld('cancel', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const controller = new AbortController();
      const { signal } = controller;
      const run = await engine.engine.startPolicyRun({ policyId: nightly, signal });
      await world.scheduler.after(100);
      controller.abort(new Error('enough'));
      const summary = await run.ended;
      assert.equal(summary.status, 'cancelled');
      for (const session of await engine.engine.listSessions()) {
        assert.equal(session.condition, 'ended');
      }
    });
  });

  it('that was given up while its slow engine began it is begun by nobody, and ended', async () => {
    await inWorld('slow', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      let wake = (): void => undefined;
      const slept = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const slow = startEngine(world, 'slow', 'flawless', (eventStore) =>
        createHookedEventStore(eventStore, {
          beforeAppend: async ({ events }) => {
            if (events.some(({ type }) => type === 'PolicyRunStarted')) await slept;
          },
        }),
      );
      const begun = slow.engine.startPolicyRun({ policyId: nightly });
      await world.scheduler.after(minute);
      const schedule = await Array.fromAsync(
        world.eventStore.readStream(scheduleStream(nightly)),
        (record) => decodeEvent<ScheduleEvent>(record, scheduleCatalogue),
      );
      const [claimed] = schedule;
      assert.ok(claimed?.type === 'RunClaimed');
      world.presence.die(claimed.data.engineId);
      await engine.engine.runPolicies({ until: 'none-due' });
      wake();
      const run = await begun;
      await assert.rejects(run.ended, { code: 'SESSION_FENCED' });
      assert.deepEqual(await typesOf(engine, run.sessionId), ['PolicyRunStarted']);
      for (const id of ids) assert.equal(await backupsOf(engine, id), 0);

      assert.deepEqual(await engine.engine.resumeInterrupted(), []);
      assert.deepEqual(await runsIn(engine), ['nightly cancelled']);
      for (const id of ids) assert.equal(await backupsOf(engine, id), 0);
      assert.equal((await engine.engine.describePolicy(nightly)).state, 'idle');
    });
  });

  it('that is at work or only interrupted is left as it is by whoever resumes sessions', async () => {
    await inWorld('claimed', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const first = startEngine(world, 'first', 'flawless');
      const run = await first.engine.startPolicyRun({ policyId: nightly });
      await world.scheduler.after(100);
      await engine.engine.resumeInterrupted();
      await Promise.all([assert.rejects(run.ended, { code: 'INTERRUPTED' }), first.engine.close()]);
      for (const { ended } of await engine.engine.resumeInterrupted()) await ended;
      assert.deepEqual(await runsIn(engine), ['nightly running']);
    });
  });

  it('stays open when its engine closes, and another one ends it', async () => {
    await inWorld('closed', async (world, engine) => {
      await engine.engine.setPolicy(hourly(nightly));
      const first = startEngine(world, 'first', 'flawless');
      const run = await first.engine.startPolicyRun({ policyId: nightly });
      await world.scheduler.after(100);
      await Promise.all([assert.rejects(run.ended, { code: 'INTERRUPTED' }), first.engine.close()]);
      await engine.engine.runPolicies({ until: 'none-due' });
      assert.equal((await runsIn(engine)).length, 1);
      assert.doesNotMatch((await runsIn(engine))[0] ?? '', /running/);
    });
  });
});
