import assert from 'node:assert/strict';
import { copyFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deriveTagKeys } from '../../../../src/adapters/aws/tags/tag-keys.ts';
import { sealTagName } from '../../../../src/adapters/aws/tags/tag-name.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { InstanceId, SessionId } from '../../../../src/domain/identifiers.ts';
import type { Ec2Cloud } from '../../../../src/adapters/aws/ec2/ec2-cloud.ts';
import { vaultLayout } from '../../../../src/vault/vault-layout.ts';
import { runInProcess } from '../../../cli/support/run-in-process.ts';
import { isSpot, reclaimSpot } from '../../../support/aws/ec2/reclaim-spot.ts';
import { withAccount } from '../../../support/aws/use-account.ts';
import {
  type Ec2Fixture,
  fastLimits,
  homeRegion,
  openEc2Fixture,
  otherRegion,
} from '../../../support/aws/ec2/ec2-fixture.ts';
import {
  backUp,
  blockTotals,
  type FinishedSession,
  readModes,
  recorded,
} from '../../../support/vault/back-up.ts';
import { noise, sha256OfFile, writeBlock } from '../../../support/vault/disk-image.ts';
import { makeTestVault, setTestPolicy } from '../../../support/vault/make-test-vault.ts';
import {
  openTestVault,
  type OpenTestVault,
  testPassphrase,
} from '../../../support/vault/open-test-vault.ts';
import { restoredDigests } from '../../../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../../../support/vault/temporary-folder.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';

const workerMain = new URL('../../../../src/worker/main.ts', import.meta.url).href;
const device = '/dev/xvda';
const volumeSizeBytes = 1024 ** 3;
const replicas = [
  {
    target: { region: otherRegion, keyId: null, account: null },
    schedules: [],
    retention: { count: 1, age: null, gfs: null },
  },
];

/*
 * The whole of the main job on the fakes of EC2 and EBS direct: the real engine, the real SDK clients,
 * the real boot script, the real worker. The repository is a folder.
 */
describe('backing up an instance of EC2 (a fake)', { timeout: 240_000 }, () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let fixture: Ec2Fixture;
  let cloud: Ec2Cloud;
  let vault: OpenTestVault;
  let instanceId: InstanceId;
  let disk: string;
  const sessions: FinishedSession[] = [];

  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    fixture = await openEc2Fixture({
      workerProgram: `import(${JSON.stringify(workerMain)});`,
    });
    cloud = fixture.reopen({ tagSecret: await tagSecretOf(folder) });
    vault = await openTestVault(folder, {
      decorate: () => ({ cloud, workerDevices: { kind: 'ebs' } }),
    });
    instanceId = await fixture.addInstance(
      [{ device, sizeGib: volumeSizeBytes / 1024 ** 3 }],
      [{ Key: 'Name', Value: 'web 1' }],
    );
    disk = fixture.diskPath(instanceId, device);
    await writeBlock(disk, 3, noise('first', blockSizeBytes));
    await writeBlock(disk, 9, noise('second', blockSizeBytes));
    await setTestPolicy(vault, { keep: 1, replicas }, instanceId);
  });
  after(async () => {
    await vault[Symbol.asyncDispose]();
    await fixture[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });

  const backUpNow = async (): Promise<FinishedSession> => {
    const session = await backUp(vault.engine, { instanceId });
    sessions.push(session);
    return session;
  };
  const restored = async ({ events }: FinishedSession): Promise<readonly string[]> => {
    const [point] = recorded({ events }, 'RestorePointCommitted');
    assert.ok(point !== undefined);
    return restoredDigests(vault, point.pointId);
  };

  /** Of the whole volume: what there is of the disk's image, and zeros up to its size. */
  const volumeDigest = async (): Promise<string> => {
    const padded = path.join(temporary.path, 'padded.img');
    await copyFile(disk, padded);
    await truncate(padded, volumeSizeBytes);
    return await sha256OfFile(padded);
  };

  it('in full reads what is allocated, replicates, and restores byte for byte', async () => {
    // What happens every day.
    fixture.ec2.world.timing.agreedAfterMs = 30;
    fixture.aws.faults.arm('CreateSnapshots', { kind: 'reply-lost' });
    fixture.aws.faults.arm('RunInstances', { kind: 'reply-lost' });
    fixture.aws.faults.arm('CopySnapshot', { kind: 'reply-lost' });

    const session = await backUpNow();

    assert.deepEqual(session.summary.problems, []);
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['allocated: first-backup']);
    assert.equal(blockTotals(session).stored, 2);
    assert.equal(recorded(session, 'Replicated').length, 1);
    assert.deepEqual(await restored(session), [await volumeDigest()]);
    assert.deepEqual(await kindsIn(cloud), ['snapshot']);
  });

  it('again reads only what changed, by the device of a worker', async () => {
    await writeBlock(disk, 5, noise('third', blockSizeBytes));

    const session = await backUpNow();

    assert.deepEqual(session.summary.problems, []);
    assert.deepEqual(readModes(session), ['changed']);
    assert.deepEqual([blockTotals(session).read, blockTotals(session).stored], [1, 1]);
    assert.deepEqual(await restored(session), [await volumeDigest()]);
    // One set by the policy's rule: the one before is gone here and in the other region.
    assert.deepEqual(await kindsIn(cloud), ['snapshot']);
    assert.deepEqual(await kindsIn(fixture.reopen({ ...(await secret()), region: otherRegion })), [
      'replica',
    ]);
  });

  describe('with spot workers', () => {
    const market = { types: [{ upToGib: 1, instanceType: 'c7g.medium' }], market: 'spot' } as const;
    before(() => setTestPolicy(vault, { keep: 1, workers: market, replicas }, instanceId));
    const launched = (session: FinishedSession): readonly string[] =>
      recorded(session, 'WorkerLaunched').map(
        ({ attempt, instanceType, market: of }) => `${attempt} ${instanceType ?? 'usual'} ${of}`,
      );

    it('takes one on demand when EC2 has no spot instance, and says so', async () => {
      await writeBlock(disk, 7, noise('fifth', blockSizeBytes));
      const noRoom = { kind: 'error', status: 500, code: 'InsufficientInstanceCapacity' } as const;
      // While reading is planned, and in the step itself.
      fixture.aws.faults.arm('RunInstances', noRoom, 2);

      const session = await backUpNow();

      assert.equal(session.summary.status, 'succeeded');
      assert.deepEqual(
        recorded(session, 'SpotRefused').map(({ attempt, problem }) => [attempt, problem.code]),
        [[1, 'SPOT_REFUSED']],
      );
      assert.deepEqual(launched(session), ['1 c7g.medium on-demand']);
      assert.deepEqual(await kindsIn(cloud), ['snapshot']);
    });

    it('replaces one that is reclaimed in the middle by one on demand', async () => {
      await writeBlock(disk, 8, noise('sixth', blockSizeBytes));

      const [session] = await Promise.all([backUpNow(), reclaimed()]);

      assert.equal(session.summary.status, 'succeeded');
      assert.deepEqual(launched(session), ['1 c7g.medium spot', '2 c7g.medium on-demand']);
      const [lost] = recorded(session, 'WorkerLost');
      assert.match(lost?.problem.message ?? '', /has reclaimed the spot instance/);
      assert.deepEqual(readModes(session), ['changed'], 'the base moved on');
      assert.deepEqual(await restored(session), [await volumeDigest()]);
      assert.deepEqual(await kindsIn(cloud), ['snapshot']);
    });

    /** As soon as there is one, long before its program runs. */
    const reclaimed = async (): Promise<void> => {
      const { world } = fixture.ec2;
      for (;;) {
        const found = world.instances
          .all()
          .find((one) => isSpot(one) && one.terminatedAtMs === null);
        if (found !== undefined) {
          await reclaimSpot(world, found);
          return;
        }
        await sleep(5);
      }
    };
  });

  it('ends when a volume never gets attached, leaves nothing behind, and the next one is whole', async () => {
    const { timing } = fixture.ec2.world;
    const { attachMs } = timing;
    timing.attachMs = Infinity;
    const hasty = fixture.reopen({
      ...(await secret()),
      limits: { ...fastLimits, transitionMs: 2_000 },
    });
    await using impatient = await openTestVault(folder, {
      limits: { retry: { attemptsMax: 1, firstDelayMs: 1, delayMaxMs: 1 } },
      decorate: () => ({ cloud: hasty, workerDevices: { kind: 'ebs' } }),
    });
    await writeBlock(disk, 10, noise('stuck', blockSizeBytes));

    const session = await backUp(impatient.engine, { instanceId });

    timing.attachMs = attachMs;
    const [detected] = recorded(session, 'FailureDetected');
    assert.deepEqual([detected?.step, detected?.problem.code], ['attach-volumes', 'TIMED_OUT']);
    assert.match(detected?.problem.message ?? '', /volume vol-\w+ attached to i-\w+/);
    const kinds = await kindsIn(cloud);
    assert.ok(!kinds.includes('worker') && !kinds.includes('volume'), kinds.join());
    const next = await backUpNow();
    assert.deepEqual([next.summary.status, ...readModes(next)], ['succeeded', 'changed']);
    assert.deepEqual(await restored(next), [await volumeDigest()]);
  });

  it('ends when its worker never says hello, and leaves nothing behind', async () => {
    fixture.bundle.replace(Buffer.from('not the bundle'));
    await using impatient = await openTestVault(folder, {
      limits: { workerHelloTimeoutMs: 3_000, workerAttemptsMax: 1 },
      decorate: () => ({ cloud, workerDevices: { kind: 'ebs' } }),
    });
    await writeBlock(disk, 6, noise('fourth', blockSizeBytes));

    const session = await backUp(impatient.engine, { instanceId });

    assert.equal(session.summary.status, 'failed');
    assert.equal(session.summary.problems[0]?.code, 'WORKER_LOST');
    const kinds = await kindsIn(cloud);
    assert.ok(!kinds.includes('worker') && !kinds.includes('volume'), kinds.join());
  });

  describe('leaves what a crash has left to the reconciler,', () => {
    const run = async (line: string): Promise<string> => {
      const { exitCode, stdout, stderr } = await withAccount(fixture.environment(), () =>
        runInProcess(line.split(' '), {
          folder: temporary.path,
          env: { SNAPLEDGER_PASSPHRASE: testPassphrase },
        }),
      );
      assert.equal(exitCode, 0, `${line}: ${stdout}${stderr}`);
      return stdout;
    };
    const orphan = async (sessionId: SessionId): Promise<string> => {
      const owner = { sessionId, instanceId };
      const clientToken = systemRandom.uuid();
      const userData = Buffer.from('none');
      // It waits for its bundle for as long as the test takes.
      fixture.bundle.replace(null);
      const { workerId } = await cloud.workers.launch({
        owner,
        clientToken,
        userData,
        machine: usualMachine,
      });
      return workerId;
    };

    it('which removes what the session of it needs no more, and nothing else', async () => {
      const ended = sessions[0]?.summary.sessionId;
      assert.ok(ended !== undefined);
      const left = await orphan(ended);
      const unknown = await orphan(systemRandom.uuid() as SessionId);
      const before = fixture.ec2.world.snapshots.all().length;
      await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);

      const plan = await run(`reconcile --region ${homeRegion} --vault vault`);
      assert.match(plan, new RegExp(`worker +${left} .*would go`));
      assert.match(plan, new RegExp(`worker +${unknown} .*stays`));
      const result: unknown = JSON.parse(
        await run(`reconcile --region ${homeRegion} --vault vault --yes --json`),
      );

      const { items } = result as { items: { id: string; action: string; problem: unknown }[] };
      assert.deepEqual(
        items.filter(({ action }) => action === 'remove').map(({ id, problem }) => [id, problem]),
        [[left, null]],
      );
      assert.notEqual(fixture.ec2.world.instances.find(left)?.terminatedAtMs ?? null, null);
      assert.equal(fixture.ec2.world.instances.find(unknown)?.terminatedAtMs, null);
      assert.equal(fixture.ec2.world.snapshots.all().length, before);
    });

    it('which a running engine is as well, and looks by itself', async () => {
      const ended = sessions[0]?.summary.sessionId;
      assert.ok(ended !== undefined);
      const left = await orphan(ended);
      await sleep(fixture.ec2.world.timing.visibleAfterMs + 10);
      await using running = await openTestVault(folder, {
        decorate: () => ({
          cloud,
          workerDevices: { kind: 'ebs' },
          openRegion: async (place) => ({
            ...fixture.reopen({ ...(await secret()), ...place }),
            account: place.account,
          }),
        }),
      });
      /** What each of the regions had, as the first look told. */
      const firstLook = async (reconcile?: 'remove'): Promise<readonly string[]> => {
        const stopped = new AbortController();
        const told: string[] = [];
        await running.engine.runPolicies({
          until: 'aborted',
          signal: stopped.signal,
          ...(reconcile === undefined ? {} : { reconcile }),
          onReconciled: (looked) => {
            assert.ok(looked.kind === 'looked');
            const going = looked.reconciliation.items.filter(
              ({ decision }) => decision.action === 'remove',
            );
            told.push(`${looked.place.region}: ${going.map(({ item }) => item.kind).join()}`);
            if (told.length === 2) stopped.abort();
          },
        });
        return told;
      };

      const shown = [`${homeRegion}: worker`, `${otherRegion}: `];
      assert.deepEqual(await firstLook(), shown);
      assert.equal(fixture.ec2.world.instances.find(left)?.terminatedAtMs, null);
      assert.deepEqual(await firstLook('remove'), shown);
      assert.notEqual(fixture.ec2.world.instances.find(left)?.terminatedAtMs ?? null, null);

      // No policy names the other region any more, and it has replicas all the same.
      await setTestPolicy(running, { keep: 1 }, instanceId);
      assert.deepEqual(await firstLook(), [`${homeRegion}: `, `${otherRegion}: `]);
    });

    it('and the permissions for all that name the mark of this repository', async () => {
      const mark = sealTagName(deriveTagKeys(await tagSecretOf(folder)), { kind: 'mark' });

      const policy = await run('aws policy engine --vault vault');

      assert.ok(policy.includes(`"aws:ResourceTag/${mark}": "false"`));
      assert.ok(!policy.includes('s3:'), 'the repository is in a folder');
    });

    it('and the sets of a region are listed from their tags, without vault and ledger', async () => {
      const repository = vaultLayout(folder).repository;
      const here: unknown = JSON.parse(
        await run(`recover --region ${homeRegion} --repository ${repository} --json`),
      );

      const { sets } = here as {
        sets: { id: string; instanceId: string; policyId: string; condition: string }[];
      };
      const taken = (await cloud.inventory.list([])).items.flatMap((item) =>
        item.kind === 'snapshot' ? [item.snapshot.setId as string] : [],
      );
      assert.deepEqual(sets.map(({ id }) => id).toSorted(), taken.toSorted());
      assert.equal(sets[0]?.instanceId, instanceId);
      assert.equal(sets[0].policyId, `policy-of-${instanceId}`);
      assert.match(
        await run(`recover --region ${otherRegion} --repository ${repository}`),
        /0 snapshot sets and 1 replica in eu-other-2/,
      );
      assert.equal(path.dirname(repository), folder);
    });
  });

  const secret = async (): Promise<{ readonly tagSecret: Uint8Array }> => ({
    tagSecret: await tagSecretOf(folder),
  });
});

async function tagSecretOf(folder: string): Promise<Uint8Array> {
  await using vault = await openTestVault(folder);
  const repository = await vault.dependencies.repository();
  return await repository.deriveTagSecret();
}

async function kindsIn(cloud: Ec2Cloud): Promise<readonly string[]> {
  return (await cloud.inventory.list([])).items.map(({ kind }) => kind).toSorted();
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
