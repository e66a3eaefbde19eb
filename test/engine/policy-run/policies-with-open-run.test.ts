import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId } from '../../../src/domain/identifiers.ts';
import type { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import { defaultPolicy } from '../../../src/domain/policy/default-policy.ts';
import { scheduleStream, streamPrefixes } from '../../../src/engine/ledger/stream-names.ts';
import type { EventStore, RecordedEvent } from '../../../src/ports/event-store.ts';
import { createSeededPrng } from '../../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../../support/simulation/simulated-engine.ts';
import { makeRepository } from '../../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../../support/simulation/simulated-world.ts';

const hour = 3_600_000;
const web = 'i-web' as InstanceId;
const [gone, kept] = ['gone' as PolicyId, 'kept' as PolicyId];

/** A world in which a policy ran some times and was removed, and another is due every full hour. */
async function inWorld(
  test: (world: SimulatedWorld, writer: SimulatedEngine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng('open runs'));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(web, [{ device: '/dev/xvda', content: [1] }]);
  const writer = startEngine(world, 'writer', 'flawless');
  const run = async (): Promise<void> => {
    const usual = defaultPolicy(gone, [web]);
    const ofSets = { ...usual, image: { ...usual.image, level: 'off' } } as const;
    await writer.engine.setPolicy(ofSets);
    for (let runs = 0; runs < 5; runs += 1) {
      await (
        await writer.engine.startPolicyRun({ policyId: gone })
      ).ended;
    }
    await writer.engine.removePolicy(gone);
    const snapshots = {
      ...usual.snapshots,
      schedules: [{ kind: 'hourly', everyHours: 1, minute: 0 }],
    } as const;
    await writer.engine.setPolicy({ ...ofSets, policyId: kept, snapshots });
    await test(world, writer);
  };
  await world.scheduler.drive(run());
}

/** Reads as `readOf` makes it, and tells of what was read. */
function watched(
  inner: EventStore,
  seen: (asked: string, record: RecordedEvent) => RecordedEvent,
): EventStore {
  return {
    ...inner,
    async *readStream(stream, options) {
      for await (const record of inner.readStream(stream, options)) yield seen(stream, record);
    },
    async *readAll(options) {
      const asked = options?.streamPrefix ?? 'all';
      for await (const record of inner.readAll(options)) yield seen(asked, record);
    },
  };
}

describe('open runs of policies that were removed', () => {
  it('cost what is open, not what ever ran', async () => {
    await inWorld(async (world) => {
      const asked: string[] = [];
      const { engine } = startEngine(world, 'reader', 'flawless', (store) =>
        watched(store, (question, record) => {
          asked.push(question);
          return record;
        }),
      );
      await engine.runPolicies({ until: 'none-due' });
      assert.equal(asked.filter((one) => one === scheduleStream(gone)).length, 0);
      assert.equal(asked.filter((one) => one === streamPrefixes.schedule).length, 0);
    });
  });

  it('that cannot be looked for, as the ledger is damaged elsewhere, stop nothing that is due', async () => {
    await inWorld(async (world, writer) => {
      const [session] = await writer.engine.listSessions({ instanceId: web });
      const broken = `session-${session?.sessionId ?? assert.fail('there is no session')}`;
      const { engine } = startEngine(world, 'reader', 'flawless', (store) =>
        watched(store, (_, record) =>
          record.stream === broken
            ? { ...record, metadata: { ...record.metadata, previousHash: 'f'.repeat(64) } }
            : record,
        ),
      );
      const stop = new AbortController();
      const troubles: SnapledgerError[] = [];
      const runs: string[] = [];
      const loop = engine.runPolicies({
        until: 'aborted',
        signal: stop.signal,
        onRun: ({ policyId }) => runs.push(policyId),
        onTrouble: (error) => troubles.push(error),
      });
      await world.scheduler.after(hour - (world.scheduler.now() % hour) + hour / 2);
      stop.abort();
      await loop;
      assert.deepEqual(runs, [kept]);
      assert.deepEqual(
        troubles.map(({ code, message }) => [code, message.split(': ')[0]]),
        [
          [
            'LEDGER_CORRUPT',
            'runs that are open although their policy was removed cannot be looked for',
          ],
        ],
      );
    });
  });
});
