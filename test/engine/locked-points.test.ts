import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { TimestampMs } from '../../src/domain/identifiers.ts';
import type { EngineDependencies } from '../../src/engine/engine-dependencies.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';
import { createHookedEventStore } from '../support/engine/hooked-event-store.ts';
import { createLockingObjectStore } from '../support/object-store/locking-object-store.ts';
import { backUp, finished, recorded } from '../support/vault/back-up.ts';
import { makeDisk, noise, writeBlock } from '../support/vault/disk-image.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import { addTestInstance, makeTestVault, web1 } from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const dayMs = 24 * 60 * 60 * 1000;

describe('backups into a repository whose points are locked', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let disk: string;
  let aheadMs = 0;
  const locks = new Map<ObjectKey, TimestampMs>();
  const now = (): TimestampMs => (systemClock.now() + aheadMs) as TimestampMs;
  const clock = { ...systemClock, now };
  beforeEach(async () => {
    aheadMs = 0;
    locks.clear();
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['first 0', 'first 1', 'first 2']);
    await using vault = await open();
    await addTestInstance(vault, [disk], { keep: 1, keepPoints: 1, transport: 'direct' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const open = (
    decorate: (inner: EngineDependencies) => Partial<EngineDependencies> = () => ({}),
  ): Promise<OpenTestVault> =>
    openTestVault(folder, {
      objectStore: (inner) => createLockingObjectStore(inner, { pointDays: 30, now, locks }),
      repositoryClock: clock,
      decorate: (inner) => ({ clock, ...decorate(inner) }),
    });

  it('keep each point until its date: rules let it leave the chain, and remove nothing before', async () => {
    await using vault = await open();
    const first = (await backUp(vault.engine)).summary.sessionId;
    const { holds } = await vault.engine.listHolds({ instanceId: web1 });
    assert.equal(holds.length, 1);
    const [hold] = holds;
    assert.deepEqual([hold?.holdId, hold?.item], [first, { kind: 'restore-point', id: first }]);
    const [point] = await Array.fromAsync(vault.engine.listPoints());
    assert.deepEqual(hold?.hold, { kind: 'lock', until: point?.lockedUntil });

    await writeBlock(disk, 1, noise('changed', blockSizeBytes));
    const second = await backUp(vault.engine);
    assert.equal(recorded(second, 'RestorePointExpired').length, 1);
    assert.equal(recorded(second, 'RestorePointRemoved').length, 0);
    assert.equal((await restoredDigests(vault, first)).length, 1);
  });

  it('remove it once its date is over, and a collection frees it when its locks have ended', async () => {
    await using vault = await open();
    await backUp(vault.engine);
    await writeBlock(disk, 1, noise('changed', blockSizeBytes));
    await backUp(vault.engine);
    aheadMs = 31 * dayMs;
    const third = await backUp(vault.engine);
    assert.ok(recorded(third, 'RestorePointRemoved').length >= 1);
    const held = await finished(await vault.engine.startCollection({ fence: [] }));
    assert.equal(held.summary.status, 'succeeded');
    aheadMs = 80 * dayMs;
    await backUp(vault.engine);
    const later = await finished(await vault.engine.startCollection({ fence: [] }));
    assert.equal(later.summary.status, 'succeeded');
    assert.ok(recorded(later, 'DataRemoved').length > 0);
  });

  it('place the lock once when the engine dies between making the point and recording it', async () => {
    let failures = 0;
    {
      await using dying = await open(({ eventStore }) => ({
        eventStore: createHookedEventStore(eventStore, {
          beforeAppend: ({ events }) => {
            if (!events.some(({ type }) => type === 'RestorePointCommitted')) return;
            failures += 1;
            throw new SnapledgerError('LEDGER_UNAVAILABLE', 'the line is cut');
          },
        }),
      }));
      await backUp(dying.engine).catch(() => undefined);
    }
    assert.ok(failures > 0);
    await using vault = await open();
    for (const running of await vault.engine.resumeInterrupted()) await running.ended;
    const { holds } = await vault.engine.listHolds({ instanceId: web1 });
    assert.equal(holds.length, 1);
    const points = await Array.fromAsync(vault.engine.listPoints());
    assert.deepEqual(
      holds.map(({ item }) => item.id),
      points.map(({ pointId }) => pointId),
    );
  });
});
