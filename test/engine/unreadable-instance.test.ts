import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import { isSnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import type { StartedPolicyRun } from '../../src/domain/policy-run/policy-run.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { VirtualMachineClock } from '../support/clock/machine-clock.ts';
import { openLocalWorld } from '../support/local-cloud/local-world.ts';
import { createSeededPrng, createSimulatedRandom } from '../support/simulation/seeded-prng.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { deviceOf } from '../support/vault/make-test-vault.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const day = 24 * 3_600_000;
const web = 'web-1' as InstanceId;
const mail = 'mail-1' as InstanceId;
const tagged = 'tagged' as PolicyId;

/** Sets of instances with a tag go after two days; snapshots only, on demand. */
function twoDays(policyId: PolicyId, include: BackupPolicy['selection']['include']): BackupPolicy {
  const usual = defaultPolicy(policyId, []);
  const retention = { count: null, age: { amount: 2, unit: 'days' }, gfs: null } as const;
  return {
    ...usual,
    selection: { include, exclude: null },
    snapshots: { ...usual.snapshots, schedules: [], retention },
    image: { ...usual.image, level: 'off' },
    retry: { attemptsMax: 1, waitMinutes: 1 },
  };
}

const ofTag = twoDays(tagged, { kind: 'tag', key: 'env', value: 'prod' });

interface Scene {
  readonly clock: VirtualMachineClock;
  readonly engine: Engine;
  /** The streams of all events so far. */
  readonly appended: readonly string[];
  /** Puts this in the place of what the cloud has of `mail-1`, by default half a file; what it gives undoes that. */
  readonly damage: (record?: string) => Promise<() => Promise<void>>;
  /** What the cloud has of `web-1`. */
  readonly recordOfWeb: string;
  /** Adds an instance whose record is damaged. */
  readonly addDamaged: (instanceId: string) => Promise<void>;
  /** How many sets there are of an instance, as the folder of the cloud has them. */
  readonly setsOf: (instanceId: InstanceId) => Promise<number>;
}

/** Two instances with the tag, each with one set; what no policy covers goes after a day. */
async function inScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using temporary = await makeTemporaryFolder();
  const clock = new VirtualMachineClock();
  const appended: string[] = [];
  await using world = await openLocalWorld({
    kind: 'in-memory',
    folder: temporary.path,
    clock,
    random: createSimulatedRandom(createSeededPrng('unreadable instance')),
    onAppend: ({ stream }) => appended.push(stream),
  });
  const { cloud, engine, layout } = world;
  for (const instanceId of [web, mail]) {
    const imagePath = path.join(temporary.path, `${instanceId}.img`);
    await makeDisk(imagePath, [instanceId], 4_096);
    await cloud.addInstance({ instanceId, volumes: [{ device: deviceOf(0), imagePath }] });
    await cloud.tagInstance(instanceId, { env: 'prod' });
  }
  await engine.setPolicy(ofTag);
  await engine.setObsoleteRule({ kind: 'after', period: { amount: 1, unit: 'days' } });
  await (
    await engine.startPolicyRun({ policyId: tagged })
  ).ended;
  const fileOf = (instanceId: InstanceId): string =>
    path.join(layout.cloud, 'instances', instanceId, 'instance.json');
  const file = fileOf(mail);
  const setsOf = async (instanceId: InstanceId): Promise<number> => {
    const folder = path.join(layout.cloud, 'snapshots');
    const records = (await readdir(folder)).map((set) =>
      readFile(path.join(folder, set, 'set.json'), 'utf8'),
    );
    return (await Promise.all(records)).filter((text) => text.includes(`"${instanceId}"`)).length;
  };
  const damage = async (record = '{'): Promise<() => Promise<void>> => {
    const sound = await readFile(file);
    await writeFile(file, record);
    return () => writeFile(file, sound);
  };
  const recordOfWeb = await readFile(fileOf(web), 'utf8');
  const addDamaged = async (instanceId: string): Promise<void> => {
    const damaged = fileOf(instanceId as InstanceId);
    await mkdir(path.dirname(damaged));
    await writeFile(damaged, '{');
  };
  await test({ engine, clock, appended, damage, recordOfWeb, addDamaged, setsOf });
}

/** Of a run of the policy of the tag that has come to its end. */
async function stateOfRun(engine: Engine): Promise<StartedPolicyRun> {
  const { sessionId, ended } = await engine.startPolicyRun({ policyId: tagged });
  await ended;
  const state = (await Array.fromAsync(engine.replay(sessionId))).at(-1)?.state;
  assert.ok(state !== undefined && state.status !== 'not-started' && 'outcomes' in state);
  return state;
}

describe('an instance that the cloud cannot read', () => {
  it('is named by a run of its policy, which backs up the others and ends with a warning', async () => {
    await inScene(async ({ engine, damage, setsOf }) => {
      await damage();
      const run = await stateOfRun(engine);
      assert.equal(run.status, 'warning');
      assert.deepEqual([...run.outcomes.keys()], [web]);
      assert.deepEqual(
        run.skipped.map(({ instanceId, reason }) => [instanceId, reason.kind]),
        [[mail, 'unreadable']],
      );
      const { warnings } = run;
      const [warning] = warnings;
      assert.equal(warnings.length, 1);
      assert.equal(warning?.code, 'CLOUD_STATE_CORRUPT');
      assert.match(warning.message, /mail-1.*instance\.json/);
      assert.deepEqual([await setsOf(web), await setsOf(mail)], [2, 1]);
    });
  });

  it('is one of 2,000, and a run backs up the others all the same', async () => {
    await inScene(async ({ engine, addDamaged }) => {
      for (let n = 0; n < 2_000; n += 1) await addDamaged(`torn-${n}`.padEnd(64, 'x'));
      const run = await stateOfRun(engine);
      assert.equal(run.status, 'warning');
      assert.deepEqual([...run.outcomes.keys()].toSorted(), [mail, web]);
      assert.equal(run.skipped.length, 2_000);
      assert.match(run.warnings[0]?.message ?? '', /and 1995 more; .*instance\.json is not JSON/);
    });
  });

  it('keeps all that it has, as if neither its policy nor the rule for obsolete items was over it', async () => {
    await inScene(async ({ engine, clock, damage, setsOf }) => {
      const repair = await damage();
      await clock.pass(3 * day);
      const maintained: (readonly [InstanceId, string])[] = [];
      await engine.runPolicies({
        until: 'none-due',
        onMaintenance: ({ instanceId, ended }) => {
          void ended.then(
            ({ status }) => maintained.push([instanceId, status]),
            (error: unknown) => {
              assert.ok(isSnapledgerError(error));
              maintained.push([instanceId, error.code]);
            },
          );
        },
      });
      assert.deepEqual(maintained.toSorted(), [
        [mail, 'CLOUD_STATE_CORRUPT'],
        [web, 'succeeded'],
      ]);
      assert.deepEqual([await setsOf(web), await setsOf(mail)], [0, 1]);
      const code = 'CLOUD_STATE_CORRUPT';
      await assert.rejects(engine.policyOf(mail), { code });
      await assert.rejects(engine.startMaintenance({ instanceId: mail }), { code });

      await repair();
      await clock.pass(day);
      await engine.runPolicies({ until: 'none-due' });
      assert.equal(await setsOf(mail), 0);
    });
  });

  it('because its record is that of another neither is gone nor is backed up with the disks of that one', async () => {
    await inScene(async ({ engine, clock, damage, recordOfWeb, setsOf }) => {
      await damage(recordOfWeb);
      const run = await stateOfRun(engine);
      assert.deepEqual([...run.outcomes.keys()], [web]);
      await assert.rejects(engine.startBackup({ instanceId: mail }), {
        code: 'CLOUD_STATE_CORRUPT',
      });
      await clock.pass(3 * day);
      await engine.runPolicies({ until: 'none-due' });
      assert.equal(await setsOf(mail), 1);
    });
  });

  it('is not recorded to have lost its tags', async () => {
    await inScene(async ({ engine, damage, appended }) => {
      await damage();
      const before = appended.length;
      await engine.runPolicies({ until: 'none-due' });
      await (
        await engine.startPolicyRun({ policyId: tagged })
      ).ended;
      assert.deepEqual(
        appended.slice(before).filter((stream) => stream === `instance-${mail}`),
        [],
      );
    });
  });

  it('is told of before a change of what may be its policy, and not before another', async () => {
    await inScene(async ({ engine, damage }) => {
      await damage();
      const unreadBy = async (policy: BackupPolicy): Promise<readonly InstanceId[]> => {
        const { unreadable } = await engine.previewPolicies({ set: [policy] });
        return unreadable.map(({ instanceId }) => instanceId);
      };
      assert.deepEqual(await unreadBy({ ...ofTag, priority: 5 }), [mail]);
      assert.deepEqual(await unreadBy(ofTag), [], 'it stays as it is');
      const ofWeb = twoDays('of-web' as PolicyId, { kind: 'instances', instanceIds: [web] });
      assert.deepEqual(await unreadBy(ofWeb), []);
      const { unreadable } = await engine.previewPolicies({ obsolete: { kind: 'never' } });
      assert.deepEqual(
        unreadable.map(({ instanceId, error }) => [instanceId, error.code]),
        [[mail, 'CLOUD_STATE_CORRUPT']],
      );
    });
  });
});
