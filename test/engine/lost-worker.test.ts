import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { SnapshotId } from '../../src/domain/identifiers.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { ownIdentity } from '../../src/platform/process-identity.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';
import { eventually } from '../support/engine/eventually.ts';
import { runProgram } from '../support/engine/run-program.ts';
import { watched } from '../support/engine/watched-backup.ts';
import { gatedWorkerProgram, setGate, silentWorkerProgram } from '../support/engine/worker-gate.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import {
  backUp,
  blockTotals,
  finished,
  type FinishedSession,
  readModes,
  recorded,
} from '../support/vault/back-up.ts';
import { makeDisk, noise, sha256OfFile, writeBlock } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  copyVault,
  makeTestVault,
  web1,
} from '../support/vault/make-test-vault.ts';
import {
  type OpenTestVault,
  openTestVault,
  type TestVaultOptions,
} from '../support/vault/open-test-vault.ts';
import { processesOf } from '../support/vault/processes-of.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

/** More than one pack of blocks that do not compress, so that there are two segments. */
const changedBlocks = 70;

const limits = {
  transferEventIntervalMs: 0,
  transferPollMaxMs: 20,
  workerBeatIntervalMs: 100,
  workerAttemptsMax: 3,
} as const;

describe('a backup whose worker', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let diskDigest: string;
  let baseSnapshot: SnapshotId | undefined;
  let folder: string;
  let cases = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const disk = path.join(temporary.path, 'disk.img');
    await makeDisk(
      disk,
      Array.from({ length: changedBlocks }, () => null),
    );
    prepared = await makeTestVault(temporary.path);
    await using vault = await openTestVault(prepared);
    await addTestInstance(vault, [disk]);
    const base = await backUp(vault.engine);
    baseSnapshot = recorded(base, 'SnapshotTaken')[0]?.snapshots[0]?.snapshotId;
    await writeBlock(disk, 0, noise('all of it', changedBlocks * blockSizeBytes));
    diskDigest = await sha256OfFile(disk);
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    cases += 1;
    folder = await copyVault(prepared, path.join(temporary.path, `case-${cases}`));
  });

  const open = (options: TestVaultOptions = {}): Promise<OpenTestVault> =>
    openTestVault(folder, {
      workerProgram: gatedWorkerProgram,
      ...options,
      limits: { ...limits, ...options.limits },
    });

  const signalWorkers = async (signal: NodeJS.Signals): Promise<void> => {
    const pids = await processesOf(folder);
    assert.equal(pids.length, 1, 'one worker runs');
    for (const pid of pids) process.kill(pid, signal);
  };

  /** Signals the worker of this attempt once it has made something durable. */
  const backUpSignalling = async (
    { engine }: OpenTestVault,
    signal: NodeJS.Signals,
  ): Promise<FinishedSession> => {
    let done = false;
    return watched(await engine.startBackup({ instanceId: web1 }), async ({ type }) => {
      if (type !== 'BlocksTransferred' || done) return;
      done = true;
      await signalWorkers(signal);
    });
  };

  const assertWholeResult = async (
    vault: OpenTestVault,
    session: FinishedSession,
    attempts: readonly number[],
  ): Promise<void> => {
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['changed']);
    assert.deepEqual(
      recorded(session, 'WorkerLaunched').map(({ attempt }) => attempt),
      attempts,
    );
    const totals = blockTotals(session);
    assert.equal(totals.read, changedBlocks, 'what was durable is not read again');
    assert.equal(totals.stored, changedBlocks);
    assert.ok(session.summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, session.summary.pointId), [diskDigest]);
    await assertNothingLeft(vault);
  };

  it('is killed in the middle goes on with another one where the first had got to', async () => {
    await setGate(folder, [1]);
    await using vault = await open();
    const session = await backUpSignalling(vault, 'SIGKILL');
    assert.equal(recorded(session, 'WorkerLost')[0]?.problem.code, 'WORKER_LOST');
    assert.match(recorded(session, 'WorkerLost')[0]?.problem.message ?? '', /is gone/);
    const [first, second] = recorded(session, 'BlocksTransferred');
    assert.equal(first?.attempt, 1);
    assert.equal(second?.attempt, 2);
    assert.equal(second.endPlanned - first.endPlanned, second.blocksRead);
    await assertWholeResult(vault, session, [1, 2]);
  });

  it('has ended before its volumes are attached is lost as it would be later', async () => {
    let attached = 0;
    await using vault = await open({
      decorate: ({ cloud }) => ({
        cloud: {
          ...cloud,
          volumes: {
            ...cloud.volumes,
            attach: async (volumeId, workerId) => {
              attached += 1;
              if (attached > 1) {
                await cloud.volumes.attach(volumeId, workerId);
                return;
              }
              throw new SnapledgerError('WORKER_NOT_FOUND', 'it has ended');
            },
          },
        },
      }),
    });
    await setGate(folder, []);
    const session = await backUp(vault.engine);
    const [lost] = recorded(session, 'WorkerLost');
    assert.equal(lost?.problem.code, 'WORKER_LOST');
    assert.match(lost.problem.message, /ended before its volumes were attached/);
    assert.equal(session.summary.status, 'succeeded');
    assert.equal(recorded(session, 'WorkerLaunched').length, 2);
  });

  it('stands still is given up once it has been silent too long', async () => {
    await setGate(folder, [1]);
    await using vault = await open({ limits: { workerSilenceMaxMs: 3_000 } });
    const session = await backUpSignalling(vault, 'SIGSTOP');
    assert.match(recorded(session, 'WorkerLost')[0]?.problem.message ?? '', /has been silent for/);
    await assertWholeResult(vault, session, [1, 2]);
  });

  it('is killed every time fails, leaves nothing, and does not move the CBT base', async () => {
    await setGate(folder, [1, 0]);
    await using vault = await open({ limits: { workerAttemptsMax: 2 } });
    const running = await vault.engine.startBackup({ instanceId: web1 });
    let attempts = 0;
    const session = await watched(running, async ({ type }) => {
      if (type === 'VolumesAttached') attempts += 1;
      // The first when it has made something durable, the second before.
      const isDue = attempts === 1 ? type === 'BlocksTransferred' : type === 'VolumesAttached';
      if (isDue) await signalWorkers('SIGKILL');
    });
    assert.equal(session.summary.status, 'failed');
    assert.deepEqual(
      session.summary.problems.map(({ code }) => code),
      ['WORKER_LOST'],
    );
    assert.equal(recorded(session, 'WorkerLost').length, 2);
    await assertNothingLeft(vault);
    assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 1);

    await setGate(folder, []);
    const next = await backUp(vault.engine);
    assert.equal(recorded(next, 'ReadPlanned')[0]?.volumes[0]?.baseSnapshotId, baseSnapshot);
    await assertWholeResult(vault, next, [1]);
  });

  it('is not the one that says hello fails before anything is sent to it', async () => {
    let isForged = false;
    await using vault = await open({
      // One that says hello as well ends when the liar was faster, and is replaced if that is seen first.
      workerProgram: silentWorkerProgram,
      decorate: ({ cloud, objectStore }) => ({
        cloud: {
          ...cloud,
          workers: {
            ...cloud.workers,
            launch: async (request) => {
              const prefix = `control/${request.owner.sessionId}/a0001/`;
              const forged = `${prefix}hello` as ObjectKey;
              if (!isForged) await objectStore.create(forged, noise('a liar', 200));
              isForged = true;
              return cloud.workers.launch(request);
            },
          },
        },
      }),
    });
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'failed');
    assert.equal(session.summary.problems[0]?.code, 'MAILBOX_REJECTED');
    assert.match(session.summary.problems[0].message, /hello/);
    await assertNothingLeft(vault);
  });

  describe('outlives its engine', () => {
    const loseEngine = async (): Promise<void> => {
      await setGate(folder, [1]);
      const ended = await runProgram('killed-backup.ts', [
        'after',
        'BlocksTransferred',
        folder,
        gatedWorkerProgram,
      ]);
      assert.equal(ended.signal, 'SIGKILL', ended.stderr);
      assert.equal((await processesOf(folder)).length, 1, 'the worker lives');
    };
    const resume = async (vault: OpenTestVault): Promise<FinishedSession> => {
      const [running, ...others] = await vault.engine.resumeInterrupted();
      assert.ok(running !== undefined && others.length === 0);
      return finished(running);
    };

    it('and goes on: the next engine takes what it posts', async () => {
      await loseEngine();
      await using vault = await open();
      await setGate(folder, []);
      await assertWholeResult(vault, await resume(vault), [1]);
    });

    it('and ends: the next engine takes what it had posted', async () => {
      await loseEngine();
      await setGate(folder, []);
      await eventually('the worker ends', async () => (await processesOf(folder)).length === 0);
      await using vault = await open();
      await assertWholeResult(vault, await resume(vault), [1]);
    });

    it('and ends at the gate when the test that keeps it was cut off', async () => {
      await loseEngine();
      const self = ownIdentity();
      await setGate(folder, [1], { ...self, startTicks: self.startTicks - 1 });
      await eventually('the worker ends', async () => (await processesOf(folder)).length === 0);
      await using vault = await open();
      await setGate(folder, []);
      await assertWholeResult(vault, await resume(vault), [1, 2]);
    });

    it('and is killed as well: the next engine launches another one', async () => {
      await loseEngine();
      await signalWorkers('SIGKILL');
      await using vault = await open();
      await assertWholeResult(vault, await resume(vault), [1, 2]);
    });
  });
});
