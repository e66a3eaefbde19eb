import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const hour = 3_600_000;
const web = 'i-web' as InstanceId;

/** Keeps so many sets of the instances with this tag, or of those that it names. */
function policyOf(name: string, count: number, include = tagged(name)): BackupPolicy {
  const usual = defaultPolicy(name as PolicyId, []);
  const retention = { count, age: null, gfs: null };
  return {
    ...usual,
    selection: { include, exclude: null },
    snapshots: { ...usual.snapshots, retention },
    image: { ...usual.image, level: 'off' },
  };
}

function tagged(value: string): BackupPolicy['selection']['include'] {
  return { kind: 'tag', key: 'env', value };
}

/** As versions did that knew no such event. */
function withoutTags(eventStore: EventStore): EventStore {
  return {
    ...eventStore,
    append: async (stream, expected, events) => {
      const known = events.filter(({ type }) => type !== 'TagsSeen');
      if (known.length > 0) return eventStore.append(stream, expected, known);
      assert.ok(expected !== 'no-stream', 'the tags of an instance without a session');
      return { revision: expected };
    },
  };
}

interface Scene {
  readonly world: SimulatedWorld;
  readonly engine: Engine;
  /** The id of the set of the first backup. */
  readonly set: string;
  /** Half an hour later nothing has happened; then another half. */
  readonly moment: () => Promise<TimestampMs>;
  /** How many are kept, by which policy, known from what; now or then. */
  readonly said: (at?: TimestampMs, engine?: Engine) => Promise<string>;
}

async function inScene(
  writer: 'today' | 'before-tags',
  test: (scene: Scene) => Promise<void>,
): Promise<void> {
  const world = new SimulatedWorld(createSeededPrng('why by tags'));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(web, [{ device: '/dev/xvda', content: [1] }]);
  world.disks.tag(web, { env: 'prod' });
  const decorate = writer === 'today' ? (store: EventStore) => store : withoutTags;
  const { engine } = startEngine(world, 'engine', 'flawless', decorate);
  const moment = async (): Promise<TimestampMs> => {
    await world.scheduler.after(hour / 2);
    const now = world.scheduler.now();
    await world.scheduler.after(hour / 2);
    return now;
  };
  const run = async (): Promise<void> => {
    await engine.setPolicies([policyOf('prod', 9), policyOf('test', 8)]);
    await (
      await engine.startBackup({ instanceId: web })
    ).ended;
    const [set] = (await engine.describeItems(web)).history.sets;
    assert.ok(set !== undefined);
    const said = async (at?: TimestampMs, asked = engine): Promise<string> => {
      const when = at === undefined ? {} : { at };
      const { explanation, policyId, policyFrom } = await asked.explainItem(set.id, when);
      assert.equal(explanation.state, 'stays');
      const [first] = explanation.reasons;
      const keep = first?.reason.kind === 'within-count' ? first.reason.keep : first?.reason.kind;
      const { policy } = await asked.describeItems(web, when);
      assert.equal(policy?.policyId ?? null, policyId);
      return `${keep ?? '-'} by ${policyId ?? 'none'}, ${policyFrom}`;
    };
    await test({ world, engine, set: set.id, moment, said });
  };
  await world.scheduler.drive(run());
}

describe('why at a moment of the past, of an instance whose tags have changed', () => {
  it('goes by the policy that selected it then, where another one does now', async () => {
    await inScene('today', async ({ world, engine, moment, said }) => {
      const first = await moment();
      world.disks.tag(web, { env: 'test' });
      assert.equal(await said(), '8 by test, present');
      assert.equal(await said(first), '9 by prod, recorded-tags');
      await (
        await engine.startBackup({ instanceId: web })
      ).ended;
      const second = await moment();
      world.disks.tag(web, {});
      assert.equal(await said(), 'no-policy by none, present');
      assert.equal(await said(second), '8 by test, recorded-tags');
      assert.equal(await said(first), '9 by prod, recorded-tags');
    });
  });

  it('goes by the policy as it was then', async () => {
    await inScene('today', async ({ world, engine, moment, said }) => {
      const first = await moment();
      await engine.setPolicy(policyOf('prod', 5));
      const second = await moment();
      world.disks.tag(web, { env: 'test' });
      assert.equal(await said(first), '9 by prod, recorded-tags');
      assert.equal(await said(second), '5 by prod, recorded-tags');
    });
  });

  it('still does when the instance is gone by now', async () => {
    await inScene('today', async ({ world, moment, said }) => {
      const first = await moment();
      world.disks.remove(web);
      assert.equal(await said(), 'no-policy by none, present');
      assert.equal(await said(first), '9 by prod, recorded-tags');
    });
  });

  it('knows a change without a session from whoever made it, or from looking for maintenance', async () => {
    await inScene('today', async ({ world, engine, moment, said }) => {
      world.disks.tag(web, { env: 'test' });
      await engine.recordTags(web);
      const told = await moment();
      world.disks.tag(web, {});
      await engine.runPolicies({ until: 'none-due' });
      const found = await moment();
      world.disks.tag(web, { env: 'prod' });
      assert.equal(await said(told), '8 by test, recorded-tags');
      assert.equal(await said(found), 'no-policy by none, recorded-tags');
      const { log } = world;
      const before = log.events.length;
      world.disks.tag(web, {});
      await engine.recordTags(web);
      await engine.runPolicies({ until: 'none-due' });
      assert.equal(log.events.length, before, 'what is known is not recorded again');
    });
  });
});

describe('the tags that are recorded', () => {
  it('are recorded once, whatever they are called', async () => {
    await inScene('today', async ({ world, engine, moment, said }) => {
      const tags = { env: 'prod', ['__proto__']: 'x', __proto_: 'y', constructor: 'z' };
      world.disks.tag(web, tags);
      await engine.recordTags(web);
      const told = await moment();
      const before = world.log.events.length;
      await engine.recordTags(web);
      await engine.runPolicies({ until: 'none-due' });
      assert.equal(world.log.events.length, before, 'what is known is not recorded again');
      world.disks.tag(web, {});
      assert.equal(await said(told), '9 by prod, recorded-tags');
    });
  });
});

describe('why at a moment of which no tags were recorded', () => {
  it('goes by the policy of the last session before, as it was then', async () => {
    await inScene('before-tags', async ({ world, engine, moment, said }) => {
      const first = await moment();
      await engine.setPolicy(policyOf('prod', 5));
      const second = await moment();
      world.disks.tag(web, { env: 'test' });
      assert.equal(await said(first), '9 by prod, last-session');
      assert.equal(await said(second), '5 by prod, last-session');
    });
  });

  it('takes the word of the last session, too, for that no policy covered it', async () => {
    await inScene('before-tags', async ({ world, engine, moment, said }) => {
      world.disks.tag(web, {});
      await (
        await engine.startMaintenance({ instanceId: web })
      ).ended;
      const uncovered = await moment();
      world.disks.tag(web, { env: 'prod' });
      assert.equal(await said(uncovered), 'no-policy by none, last-session');
    });
  });

  it('goes by the first tags recorded later when policies select otherwise since that session', async () => {
    await inScene('before-tags', async ({ world, engine, moment, said }) => {
      const other = policyOf('other', 7, { kind: 'instances', instanceIds: [web] });
      await engine.setPolicy({ ...other, priority: 1 });
      const among = await moment();
      await engine.removePolicy(other.policyId);
      await engine.setPolicy({ ...policyOf('prod', 6), priority: 1 });
      const preferred = await moment();
      assert.equal(await said(among), '7 by other, present-tags');
      assert.equal(await said(preferred), '6 by prod, present-tags');

      world.disks.tag(web, { env: 'test' });
      assert.equal(await said(preferred), '8 by test, present-tags');
      const { engine: newer } = startEngine(world, 'newer', 'flawless');
      await newer.recordTags(web);
      world.disks.tag(web, { env: 'prod' });
      await newer.recordTags(web);
      assert.equal(await said(preferred), '8 by test, later-tags');
      assert.equal(await said(among), '7 by other, later-tags');
    });
  });

  it('does not take the word of a session whose policy was another one by the time it began', async () => {
    await inScene('before-tags', async ({ world, engine, moment, said }) => {
      const prod = policyOf('prod', 4);
      const run = await engine.startPolicyRun({ policyId: prod.policyId });
      await engine.setPolicy({ ...prod, priority: 2 });
      const changedAt = world.scheduler.now();
      await run.ended;
      const [, ofRun] = await engine.listSessions({ instanceId: web });
      assert.ok(ofRun !== undefined && ofRun.startedAt >= changedAt, 'it began after the change');
      const later = await moment();
      world.disks.tag(web, { env: 'test' });
      assert.equal(await said(later), '8 by test, present-tags');
    });
  });
});
