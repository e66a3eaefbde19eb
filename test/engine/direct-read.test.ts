import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { BlockSource } from '../../src/ports/block-source.ts';
import type { SnapshotBlocks } from '../../src/ports/cloud/snapshot-blocks.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import { runProgram } from '../support/engine/run-program.ts';
import { watched } from '../support/engine/watched-backup.ts';
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
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

/** More than one pack of blocks that do not compress, so that there are two segments. */
const changedBlocks = 70;
const limits = { transferEventIntervalMs: 0 } as const;

describe('a backup that is read without a worker', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let diskDigest: string;
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
    await addTestInstance(vault, [disk], { transport: 'direct' });
    const base = await backUp(vault.engine);
    assert.equal(base.summary.status, 'succeeded');
    await writeBlock(disk, 0, noise('all of it', changedBlocks * blockSizeBytes));
    diskDigest = await sha256OfFile(disk);
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    cases += 1;
    folder = await copyVault(prepared, path.join(temporary.path, `case-${cases}`));
  });

  const open = (options: TestVaultOptions = {}): Promise<OpenTestVault> =>
    openTestVault(folder, { ...options, limits: { ...limits, ...options.limits } });

  /** Lets `strike` look at each read, by its number from 1 on. */
  const striking = (
    strike: (number: number) => Promise<void>,
  ): NonNullable<TestVaultOptions['decorate']> => {
    let reads = 0;
    return ({ cloud }) => ({
      cloud: cloudWith(cloud, {
        snapshotBlocks: around(cloud.snapshotBlocks, async () => {
          reads += 1;
          await strike(reads);
        }),
      }),
    });
  };

  const assertWhole = async (
    vault: OpenTestVault,
    session: FinishedSession,
    attempts: readonly number[],
  ): Promise<void> => {
    assert.deepEqual(session.summary.problems, []);
    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(readModes(session), ['changed']);
    assert.deepEqual(
      recorded(session, 'DirectReadStarted').map(({ attempt }) => attempt),
      attempts,
    );
    assert.equal(blockTotals(session).read, changedBlocks, 'what was durable is not read again');
    assert.ok(session.summary.pointId !== null);
    assert.deepEqual(await restoredDigests(vault, session.summary.pointId), [diskDigest]);
    await assertNothingLeft(vault);
  };

  it('launches no worker and makes no volume', async () => {
    const refuse = (): never => assert.fail('nothing of the kind is needed');
    await using vault = await open({
      decorate: ({ cloud }) => ({
        cloud: cloudWith(cloud, {
          workers: { launch: refuse, find: refuse, terminate: refuse },
          volumes: { create: refuse, attach: refuse, find: refuse, delete: refuse },
        }),
      }),
    });
    const session = await backUp(vault.engine);
    await assertWhole(vault, session, [1]);
    assert.deepEqual(recorded(session, 'WorkerLaunched'), []);
    assert.deepEqual(recorded(session, 'WorkerRemoved'), []);
  });

  it('that fails in the middle goes on where it had got to', async () => {
    const segment = Promise.withResolvers<null>();
    let failures = 0;
    await using vault = await open({
      objectStore: (inner) => ({
        create: async (key, body) => {
          await inner.create(key, body);
          if (key.includes('/segments-')) segment.resolve(null);
        },
        get: (...asked) => inner.get(...asked),
        head: (key) => inner.head(key),
        list: (...asked) => inner.list(...asked),
        delete: (key) => inner.delete(key),
        retention: null,
      }),
      // The last read: the first pack is full by then, and on its way.
      decorate: striking(async (number) => {
        if (number < changedBlocks / 2 || failures > 0) return;
        failures += 1;
        await segment.promise;
        throw new SnapledgerError('DISK_UNREADABLE', 'the line broke', { retry: 'retryable' });
      }),
    });
    const session = await backUp(vault.engine);
    const [failed] = recorded(session, 'DirectReadFailed');
    assert.deepEqual(failed, {
      attempt: 1,
      problem: { code: 'DISK_UNREADABLE', message: 'the line broke' },
    });
    assert.ok(recorded(session, 'BlocksTransferred').some(({ attempt }) => attempt === 1));
    await assertWhole(vault, session, [1, 2]);
  });

  it('that fails each time fails, as often as the limit allows, and leaves nothing', async () => {
    await using vault = await open({
      limits: { directReadFailuresMax: 2 },
      decorate: striking(() => {
        throw new SnapledgerError('DISK_UNREADABLE', 'the line broke', { retry: 'retryable' });
      }),
    });
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'failed');
    assert.deepEqual(
      session.summary.problems.map(({ code }) => code),
      ['DISK_UNREADABLE'],
    );
    assert.equal(recorded(session, 'DirectReadFailed').length, 2);
    await assertNothingLeft(vault);
  });

  it('that gets on between its failures goes on, with a pause before each attempt', async () => {
    const pauses: number[] = [];
    const firstDelayMs = 7_777;
    const segment = Promise.withResolvers<null>();
    let failures = 0;
    const fail = (): never => {
      failures += 1;
      throw new SnapledgerError('DISK_UNREADABLE', 'the line broke', { retry: 'retryable' });
    };
    await using vault = await open({
      limits: {
        directReadFailuresMax: 2,
        retry: { attemptsMax: 5, firstDelayMs, delayMaxMs: firstDelayMs },
      },
      objectStore: (inner) => ({
        create: async (key, body) => {
          await inner.create(key, body);
          if (key.includes('/segments-')) segment.resolve(null);
        },
        get: (...asked) => inner.get(...asked),
        head: (key) => inner.head(key),
        list: (...asked) => inner.list(...asked),
        delete: (key) => inner.delete(key),
        retention: null,
      }),
      decorate: (inner) => ({
        // At first at once, then when there is a segment of the second attempt; a read has two blocks.
        ...striking(async (number) => {
          if (failures === 0) fail();
          if (failures > 1 || number <= changedBlocks / 2) return;
          await segment.promise;
          if (failures === 1) fail();
        })(inner),
        clock: {
          now: () => inner.clock.now(),
          sleep: (durationMs, signal) => {
            const isPause = durationMs >= firstDelayMs / 2 && durationMs <= firstDelayMs;
            if (isPause) pauses.push(durationMs);
            return inner.clock.sleep(isPause ? 0 : durationMs, signal);
          },
        },
      }),
    });
    const session = await backUp(vault.engine);
    assert.equal(recorded(session, 'DirectReadFailed').length, 2);
    assert.equal(pauses.length, 2);
    await assertWhole(vault, session, [1, 2, 3]);
  });

  it('that fails for good fails at once', async () => {
    await using vault = await open({
      decorate: striking(() => {
        throw new SnapledgerError('DISK_UNREADABLE', 'no permission');
      }),
    });
    const session = await backUp(vault.engine);
    assert.equal(session.summary.status, 'failed');
    assert.equal(recorded(session, 'DirectReadStarted').length, 1);
    await assertNothingLeft(vault);
  });

  it('that is cancelled in the middle leaves nothing', async () => {
    const stop = new AbortController();
    await using vault = await open();
    const running = await vault.engine.startBackup({ instanceId: web1, signal: stop.signal });
    const session = await watched(running, ({ type }) => {
      if (type === 'BlocksTransferred') stop.abort(new Error('enough'));
      return Promise.resolve();
    });
    assert.equal(session.summary.status, 'cancelled');
    await assertNothingLeft(vault);
  });

  for (const event of ['DirectReadStarted', 'BlocksTransferred']) {
    it(`whose engine is killed after ${event} is gone on with by the next engine`, async () => {
      const ended = await runProgram('killed-backup.ts', ['after', event, folder]);
      assert.equal(ended.signal, 'SIGKILL', ended.stderr);
      await using vault = await open();
      const [running, ...others] = await vault.engine.resumeInterrupted();
      assert.ok(running !== undefined && others.length === 0);
      await assertWhole(vault, await finished(running), [1, 2]);
    });
  }
});

function around(inner: SnapshotBlocks, strike: () => Promise<void>): SnapshotBlocks {
  return {
    open: async (snapshotId, sizeBytes) => {
      const source = await inner.open(snapshotId, sizeBytes);
      return {
        sizeBytes,
        read: async (...asked: Parameters<BlockSource['read']>) => {
          await strike();
          await source.read(...asked);
        },
        close: () => source.close(),
      };
    },
  };
}
