import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isSnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId } from '../../src/domain/identifiers.ts';
import { eventually } from '../support/engine/eventually.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { runProgram } from '../support/engine/run-program.ts';
import { gatedWorkerProgram, setGate } from '../support/engine/worker-gate.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, finished } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { type PreparedVault, prepareVault } from '../support/vault/prepared-vault.ts';

describe('two engines on one vault', () => {
  let prepared: PreparedVault;
  let folder: string;
  before(async () => {
    prepared = await prepareVault();
  });
  after(() => prepared[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await prepared.copy();
  });

  it('never work on one instance at once, and the second is told who does', async () => {
    await setGate(folder, [0]);
    await using one = await openTestVault(folder, { workerProgram: gatedWorkerProgram });
    await using other = await openTestVault(folder);
    const running = await one.engine.startBackup({ instanceId: web1 });
    await assert.rejects(other.engine.startBackup({ instanceId: web1 }), {
      code: 'INSTANCE_BUSY',
      retry: 'retryable',
      message: new RegExp(running.sessionId),
      details: { instanceId: web1, sessionId: running.sessionId },
    });
    await setGate(folder, []);
    assert.equal((await running.ended).status, 'succeeded');
    assert.equal((await other.engine.listSessions()).length, 2, 'the refusal left no session');
    assert.equal((await backUp(other.engine)).summary.status, 'succeeded');
    await assertNothingLeft(one);
  });

  it('that are one engine, asked twice at once, begin one session', async () => {
    await using vault = await openTestVault(folder);
    const begun = await Promise.allSettled([
      vault.engine.startBackup({ instanceId: web1 }),
      vault.engine.startBackup({ instanceId: web1 }),
    ]);
    const refused = begun.flatMap((one) =>
      one.status === 'rejected' && isSnapledgerError(one.reason) ? one.reason.code : [],
    );
    assert.deepEqual(refused, ['INSTANCE_BUSY']);
    for (const one of begun) {
      if (one.status === 'fulfilled') assert.equal((await one.value.ended).status, 'succeeded');
    }
    assert.equal((await vault.engine.listSessions()).length, 2);
    await assertNothingLeft(vault);
  });

  it('work on two instances at once', async () => {
    const web2 = 'web-2' as InstanceId;
    const disk = path.join(prepared.temporaryFolder, 'second.img');
    await makeDisk(disk, ['x', 'y']);
    await using one = await openTestVault(folder);
    await using other = await openTestVault(folder);
    await addTestInstance(one, [disk], {}, web2);
    const sessions = await Promise.all([
      backUp(one.engine, { instanceId: web1 }),
      backUp(other.engine, { instanceId: web2 }),
    ]);
    assert.deepEqual(
      sessions.map(({ summary }) => summary.status),
      ['succeeded', 'succeeded'],
    );
    await assertNothingLeft(one);
  });

  it('leave a session alone whose engine lives, also one in another process', async () => {
    await setGate(folder, [0]);
    const living = runProgram('killed-backup.ts', ['never', '0', folder, gatedWorkerProgram]);
    await using other = await openTestVault(folder);
    await eventually('the session runs', async () => {
      const [newest] = (await other.engine.listSessions()).slice(-1);
      return newest?.condition === 'at-work';
    });
    assert.deepEqual(await other.engine.resumeInterrupted(), []);
    await assert.rejects(other.engine.startBackup({ instanceId: web1 }), { code: 'INSTANCE_BUSY' });
    await setGate(folder, []);
    assert.equal((await living).exitCode, 0);
    await assertNothingLeft(other);
  });

  it('that want to take over the same session: one gets it, and the other leaves it alone', async () => {
    const dead = await runProgram('killed-backup.ts', ['after', 'SnapshotTaken', folder]);
    assert.equal(dead.signal, 'SIGKILL');
    await using one = await openTestVault(folder);
    // When the other is about to take over, having seen the dead engine's claim, the first does.
    let taken = false;
    const first: ReturnType<typeof finished>[] = [];
    await using other = await openTestVault(folder, {
      decorate: ({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          beforeAppend: async ({ events }) => {
            if (taken || !events.some(({ type }) => type === 'SessionTakenOver')) return;
            taken = true;
            for (const running of await one.engine.resumeInterrupted()) {
              first.push(finished(running));
            }
          },
        }),
      }),
    });
    assert.deepEqual(await other.engine.resumeInterrupted(), []);
    assert.equal(first.length, 1);
    assert.equal((await first[0])?.summary.status, 'succeeded');
    await assertNothingLeft(one);
  });
});
