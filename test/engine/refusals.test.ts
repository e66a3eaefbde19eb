import assert from 'node:assert/strict';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { imageFolder } from '../../src/adapters/image-folder/image-folder.ts';
import { openLocalCloud } from '../../src/adapters/local-cloud/local-cloud.ts';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { ErrorCode } from '../../src/domain/errors/error-code.ts';
import { isSnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, SessionId, VolumeId } from '../../src/domain/identifiers.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { workerProgramPath } from '../../src/vault/program-file.ts';
import { vaultLayout } from '../../src/vault/vault-layout.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, finished, readModes } from '../support/vault/back-up.ts';
import { makeDisk, sha256OfFile } from '../support/vault/disk-image.ts';
import { deviceOf, setTestPolicy, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { vaultFingerprint } from '../support/vault/vault-fingerprint.ts';

const nobody = '00000000-0000-4000-8000-000000000000';
const web9 = 'web-9' as InstanceId;

describe('bad input', () => {
  let prepared: PreparedVault;
  let folder: string;
  let vault: OpenTestVault;
  /** A disk that can be spoilt. */
  let disk: string;

  before(async () => {
    prepared = await prepareVault({ blocks: 2, changedBlocks: 1 });
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
    vault = await openTestVault(folder);
    disk = `${folder}.img`;
    await makeDisk(disk, ['a', 'b']);
  });
  afterEach(() => vault[Symbol.asyncDispose]());

  /** The refusal has this code, names the thing, says what to do, and has changed nothing. */
  const assertRefused = async (
    attempt: () => Promise<unknown>,
    code: ErrorCode,
    names: string,
    on: OpenTestVault = vault,
  ): Promise<void> => {
    const fingerprint = await vaultFingerprint(on);
    await assert.rejects(attempt, (error: unknown) => {
      assert.ok(isSnapledgerError(error), String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.includes(names), `"${error.message}" names ${names}`);
      assert.ok(error.remedy !== undefined && error.remedy !== '', 'it says what to do');
      return true;
    });
    assert.deepEqual(await vaultFingerprint(on), fingerprint);
  };

  const addInstance = (imagePath: string, instanceId: InstanceId = web9): Promise<unknown> =>
    vault.cloud.addInstance({ instanceId, volumes: [{ device: deviceOf(0), imagePath }] });

  it('a wrong passphrase begins nothing, and what needs none goes on', async () => {
    await using locked = await openTestVault(folder, { passphrase: 'wrong' });
    const { engine } = locked;
    const start = () => engine.startBackup({ instanceId: web1 });
    await assertRefused(start, 'WRONG_PASSPHRASE', 'passphrase', locked);
    const [described] = await engine.listPolicies();
    assert.ok(described !== undefined);
    const { policyId } = described.policy;
    const run = () => engine.startPolicyRun({ policyId });
    await assertRefused(run, 'WRONG_PASSPHRASE', 'passphrase', locked);
    await assertRefused(
      () => Array.fromAsync(engine.listPoints()),
      'WRONG_PASSPHRASE',
      'passphrase',
      locked,
    );
    assert.equal((await engine.listSessions()).length, 1);
    assert.equal((await engine.describeItems(web1)).plan.snapshots.keep.length, 1);
    const snapshot = await backUp(engine, { scope: 'snapshot-only' });
    assert.equal(snapshot.summary.status, 'succeeded');
  });

  const spoilt: readonly (readonly [string, ErrorCode, (image: string) => Promise<void>])[] = [
    ['is missing', 'DISK_MISSING', (image) => rm(image)],
    ['is empty', 'DISK_EMPTY', (image) => truncate(image, 0)],
    ['has a size that is no multiple of 512', 'DISK_NOT_ALIGNED', (image) => truncate(image, 1000)],
    [
      'is a folder',
      'DISK_UNREADABLE',
      async (image) => {
        await rm(image);
        await mkdir(image);
      },
    ],
  ];
  for (const [how, code, spoil] of spoilt) {
    it(`a disk image that ${how} is refused for a new instance and for a backup`, async () => {
      await addInstance(disk);
      await setTestPolicy(vault, {}, web9);
      await spoil(disk);
      await assertRefused(() => addInstance(disk, 'web-8' as InstanceId), code, disk);
      await assertRefused(() => vault.engine.startBackup({ instanceId: web9 }), code, disk);
    });
  }

  it('a disk that is gone keeps nobody from its snapshots and points', async () => {
    await addInstance(disk);
    await setTestPolicy(vault, {}, web9);
    const digest = await sha256OfFile(disk);
    const { summary } = await backUp(vault.engine, { instanceId: web9 });
    await rm(disk);
    assert.equal((await vault.engine.describeItems(web9)).plan.snapshots.keep.length, 1);
    assert.equal((await Array.fromAsync(vault.engine.listPoints({ instanceId: web9 }))).length, 1);
    assert.ok(summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, summary.pointId), [digest]);
  });

  it('an instance with too much of a description fails the session, and everything is released', async () => {
    await using verbose = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          instances: {
            describe: async (instanceId) => {
              const description = await cloud.instances.describe(instanceId);
              return { ...description, configuration: { userData: 'x'.repeat(600 * 1024) } };
            },
          },
        }),
      }),
    });
    const { summary, events } = await backUp(verbose.engine);
    assert.equal(summary.status, 'failed');
    assert.equal(summary.problems[0]?.code, 'LIMIT_EXCEEDED');
    assert.match(
      summary.problems[0].message,
      /the description of the instance is too large: .* at most 524288\. Shorten/,
    );
    assert.deepEqual(
      events.map(({ type }) => type),
      ['SessionStarted', 'FailureDetected', 'SessionFailed'],
    );
    await assertNothingLeft(verbose);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded', 'it is free again');
  });

  it('a disk that shrinks whenever it is read fails the session and leaves nothing', async () => {
    await addInstance(disk);
    await setTestPolicy(vault, {}, web9);
    assert.equal((await backUp(vault.engine, { instanceId: web9 })).summary.status, 'succeeded');
    let sizeBytes = 2 * blockSizeBytes;
    const cloud = await openLocalCloud({
      folder: vaultLayout(folder).cloud,
      // The local cloud sleeps once between looking at a disk and reading it.
      clock: clockThat(async () => {
        sizeBytes -= 512;
        await truncate(disk, sizeBytes);
      }),
      random: systemRandom,
      workerProgram: [workerProgramPath()],
    });
    {
      await using shrinking = await openTestVault(folder, { decorate: () => ({ cloud }) });
      const session = await backUp(shrinking.engine, { instanceId: web9 });
      assert.equal(session.summary.status, 'failed');
      assert.equal(session.summary.problems[0]?.code, 'DISK_CHANGED');
      assert.ok(session.summary.problems[0].message.includes(disk));
    }
    await assertNothingLeft(vault);
    const next = await backUp(vault.engine, { instanceId: web9 });
    assert.deepEqual(readModes(next), ['allocated: volume-resized']);
    assert.equal(next.summary.status, 'succeeded');
  });

  it('a disk that shrank once while it was read fails the session, and is taken as it is by the next', async () => {
    const instanceId = web9;
    await addInstance(disk);
    await setTestPolicy(vault, {}, instanceId);
    let isWhole = true;
    const cloud = await openLocalCloud({
      folder: vaultLayout(folder).cloud,
      clock: clockThat(async () => {
        if (isWhole) await truncate(disk, blockSizeBytes);
        isWhole = false;
      }),
      random: systemRandom,
      workerProgram: [workerProgramPath()],
    });
    {
      await using shrinking = await openTestVault(folder, { decorate: () => ({ cloud }) });
      const { summary, events } = await backUp(shrinking.engine, { instanceId });
      assert.equal(summary.status, 'failed');
      assert.equal(summary.problems[0]?.code, 'DISK_CHANGED');
      assert.match(summary.problems[0].message, /sda became shorter .* to 524288/);
      assert.equal(summary.pointId, null);
      assert.deepEqual(events.map(({ type }) => type).slice(-3), [
        'FailureDetected',
        'SnapshotAbandoned',
        'SessionFailed',
      ]);
    }
    await assertNothingLeft(vault);
    assert.deepEqual(await vault.cloud.snapshots.listOf(instanceId), [], 'no set, and no files');
    assert.equal((await backUp(vault.engine, { instanceId })).summary.status, 'succeeded');
  });

  it('an instance is added once', () =>
    assertRefused(() => addInstance(disk, web1), 'INSTANCE_EXISTS', web1));

  it('an instance that is not there is named', async () => {
    const { engine } = vault;
    const attempts = [
      () => engine.startBackup({ instanceId: web9 }),
      () => engine.describeItems(web9),
      () => engine.resumeInterrupted({ instanceId: web9 }),
      () => setTestPolicy(vault, {}, web9),
    ];
    for (const attempt of attempts) await assertRefused(attempt, 'UNKNOWN_INSTANCE', web9);
  });

  it('an instance without a policy is named', async () => {
    await addInstance(disk);
    await assertRefused(() => vault.engine.startBackup({ instanceId: web9 }), 'NO_POLICY', web9);
  });

  it('a policy that cannot work is not set', () =>
    assertRefused(() => setTestPolicy(vault, { keep: -1 }), 'POLICY_INVALID', '-1'));

  it('a restore point that is not there is named', async () => {
    const target = imageFolder({ folder: `${folder}-restored`, existing: 'refuse' });
    const { engine } = vault;
    const restore = () => engine.startRestore({ pointId: nobody as PointId, target });
    await assertRefused(restore, 'UNKNOWN_POINT', nobody);
    await assertRefused(() => engine.findPoint(nobody), 'UNKNOWN_POINT', nobody);
    const verify = () =>
      Array.fromAsync(engine.verify({ depth: 'structure', pointId: nobody as PointId }));
    await assertRefused(verify, 'UNKNOWN_POINT', nobody);
  });

  it('a session that is not there is named', async () => {
    const { engine } = vault;
    const replay = () => Array.fromAsync(engine.replay(nobody as SessionId));
    await assertRefused(replay, 'UNKNOWN_SESSION', nobody);
    await assertRefused(() => engine.findSession(nobody), 'UNKNOWN_SESSION', nobody);
  });

  it('a volume that the restore point does not have is named', async () => {
    const [point] = await Array.fromAsync(vault.engine.listPoints());
    assert.ok(point !== undefined);
    const { pointId } = point;
    const target = imageFolder({ folder: `${folder}-restored`, existing: 'refuse' });
    const volumeIds = ['vol-nowhere' as VolumeId];
    const restore = () => vault.engine.startRestore({ pointId, target, volumeIds });
    await assertRefused(restore, 'UNKNOWN_VOLUME', 'vol-nowhere');
  });

  it('a restore onto an existing file is refused unless it may overwrite', async () => {
    const [point] = await Array.fromAsync(vault.engine.listPoints());
    assert.ok(point !== undefined);
    const { pointId } = point;
    const restored = `${folder}-restored`;
    await mkdir(restored);
    const image = path.join(restored, 'sda.img');
    await writeFile(image, 'the only copy of something');
    const onto = (existing: 'refuse' | 'overwrite') =>
      vault.engine.startRestore({ pointId, target: imageFolder({ folder: restored, existing }) });
    await assertRefused(() => onto('refuse'), 'TARGET_EXISTS', image);
    assert.equal(await readFile(image, 'utf8'), 'the only copy of something');
    assert.equal((await finished(await onto('overwrite'))).summary.status, 'succeeded');
    assert.equal(await sha256OfFile(image), prepared.oldDigest);
  });
});

/** A clock at whose every sleep `event` happens. */
function clockThat(event: () => Promise<void>): Clock {
  return {
    now: () => systemClock.now(),
    async sleep(durationMs, signal) {
      await systemClock.sleep(durationMs, signal);
      await event();
    },
  };
}
