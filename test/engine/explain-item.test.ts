import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ImageTarget } from '../../src/ports/image-target.ts';
import { createMemoryImageTarget } from '../support/simulation/memory-image-target.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const hour = 3_600_000;
const web = 'i-web' as InstanceId;

async function inWorld(
  test: (world: SimulatedWorld, engine: Engine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng('why'));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(web, [{ device: '/dev/xvda', content: [1] }]);
  await world.scheduler.drive(test(world, startEngine(world, 'engine', 'flawless').engine));
}

async function keep(engine: Engine, count: number): Promise<void> {
  const usual = defaultPolicy('kept' as PolicyId, [web]);
  const retention = { count, age: null, gfs: null };
  await engine.setPolicy({
    ...usual,
    snapshots: { ...usual.snapshots, retention },
    image: { ...usual.image, level: 'off' },
  });
}

async function backUp(engine: Engine): Promise<string> {
  const { sessionId, ended } = await engine.startBackup({ instanceId: web });
  await ended;
  const { history } = await engine.describeItems(web);
  const set = history.sets.find((one) => one.sessionId === sessionId);
  assert.ok(set !== undefined);
  return set.id;
}

describe('why an item is there', () => {
  it('is told for any moment, by the policy and the record of then', async () => {
    await inWorld(async (world, engine) => {
      const moment = async (): Promise<TimestampMs> => {
        const now = world.scheduler.now();
        await world.scheduler.after(hour);
        return now;
      };
      const beforeAll = await moment();
      await keep(engine, 2);
      const first = await backUp(engine);
      const whileTwo = await moment();
      await keep(engine, 1);
      const whileOne = await moment();
      await backUp(engine);

      const saidAt = async (at: TimestampMs | null): Promise<string> => {
        const { explanation } = await engine.explainItem(first, at === null ? {} : { at });
        const reasons = 'reasons' in explanation ? JSON.stringify(explanation.reasons) : '';
        return `${explanation.state} ${reasons}`;
      };
      assert.match(await saidAt(whileTwo), /^stays .*"within-count","keep":2/);
      assert.match(await saidAt(whileOne), /^stays .*"within-count","keep":1/);
      assert.match(await saidAt(null), /^removed .*"beyond-count","keep":1/);
      await assert.rejects(saidAt(beforeAll), { code: 'UNKNOWN_ITEM' });
    });
  });

  it('knows of a restore that was under way at the moment, and is over', async () => {
    await inWorld(async (world, engine) => {
      await engine.setPolicy(defaultPolicy('kept' as PolicyId, [web]));
      const { pointId } = await (await engine.startBackup({ instanceId: web })).ended;
      assert.ok(pointId !== null);
      const target = createMemoryImageTarget();
      const slow: ImageTarget = {
        ...target,
        open: async (volume) => {
          await world.scheduler.after(2 * hour);
          return target.open(volume);
        },
      };
      const beforeIt = world.scheduler.now();
      await world.scheduler.after(hour);
      const restore = await engine.startRestore({ pointId, target: slow });
      await world.scheduler.after(hour);
      const meanwhile = world.scheduler.now();
      assert.equal((await restore.ended).status, 'succeeded');
      const reasonsAt = async (at?: TimestampMs): Promise<readonly string[]> => {
        const when = at === undefined ? {} : { at };
        const { explanation } = await engine.explainItem(pointId, when);
        assert.equal(explanation.state, 'stays');
        return explanation.reasons.map(({ reason }) => reason.kind);
      };
      assert.deepEqual(await reasonsAt(beforeIt), ['no-rule', 'parent-point']);
      assert.deepEqual(await reasonsAt(meanwhile), ['no-rule', 'parent-point', 'in-use']);
      assert.deepEqual(await reasonsAt(), ['no-rule', 'parent-point']);
    });
  });
});
