import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { startEngine } from '../support/simulation/simulated-engine.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const hour = 3_600_000;
const web = 'i-web' as InstanceId;

async function inWorld(
  test: (world: SimulatedWorld, engine: Engine) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng('why'));
  world.faults.switchOff();
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
});
