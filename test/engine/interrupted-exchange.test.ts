import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PointId } from '../../src/domain/identifiers.ts';
import type { OriginalTarget } from '../../src/engine/engine.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
import { MemoryExchanges } from '../support/engine/memory-exchanges.ts';
import { MemoryRestores } from '../support/engine/memory-restores.ts';
import { backUp } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  copyVault,
  makeTestVault,
  web1,
} from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const target: OriginalTarget = { kind: 'original', running: 'stop' };

type Moment = 'before' | 'after';
const moments: readonly Moment[] = ['before', 'after'];

describe('a restore to the original place whose engine ends at any moment', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let folder: string;
  let pointId: PointId;
  let cases = 0;
  let exchanges: MemoryExchanges;
  let restores: MemoryRestores;
  let asBefore: ReadonlyMap<string, string>;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const disks = ['a.img', 'b.img'].map((name) => path.join(temporary.path, name));
    for (const disk of disks) await makeDisk(disk, ['something']);
    prepared = await makeTestVault(temporary.path);
    await using vault = await openTestVault(prepared);
    await addTestInstance(vault, disks, { transport: 'direct' });
    const backup = await backUp(vault.engine);
    assert.ok(backup.summary.pointId !== null);
    ({ pointId } = backup.summary);
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    cases += 1;
    folder = await copyVault(prepared, path.join(temporary.path, `case-${cases}`));
    await using vault = await openTestVault(folder);
    const [instance] = await vault.engine.listInstances();
    assert.ok(instance !== undefined);
    const { region, volumes } = instance;
    const attached = volumes.map(({ device, volumeId }) => [device, volumeId] as const);
    exchanges = new MemoryExchanges(web1, attached, region);
    restores = new MemoryRestores((id) => exchanges.isAttached(id));
    asBefore = new Map(exchanges.at);
  });

  const open = (hooks: EventStoreHooks = {}): Promise<OpenTestVault> =>
    openTestVault(folder, {
      decorate: ({ cloud, eventStore }) => ({
        cloud: { ...cloudWith(cloud, {}), volumeRestores: restores, volumeExchanges: exchanges },
        eventStore: createHookedEventStore(eventStore, hooks),
      }),
    });

  /** Hooks that end the engine's ledger for good at the `nth` event of a type. */
  const endingAt = (wanted: string, nth: number, moment: Moment): EventStoreHooks => {
    let seen = 0;
    const hook = ({ events }: { readonly events: readonly { readonly type: string }[] }): void => {
      if (events.some(({ type }) => type === wanted)) seen += 1;
      if (seen >= nth) throw new Error('the machine is gone');
    };
    return moment === 'before' ? { beforeAppend: hook } : { afterAppend: hook };
  };

  async function interrupt(hooks: EventStoreHooks): Promise<void> {
    await using vault = await open(hooks);
    const running = await vault.engine.startRestore({ pointId, target });
    await assert.rejects(running.ended, /the machine is gone/);
  }

  async function resumed(): Promise<string> {
    await using vault = await open();
    for (const { ended } of await vault.engine.resumeInterrupted()) await ended;
    const sessions = await vault.engine.listSessions();
    return sessions.find(({ kind }) => kind === 'restore')?.status ?? 'none';
  }

  function assertExchanged(): void {
    for (const [device, old] of asBefore) {
      const now = exchanges.at.get(device as never);
      assert.equal(now, `volume-of-${old}`);
      assert.ok(exchanges.marked.has(old as never), 'what gave way is kept');
    }
    assert.equal(exchanges.gone.size, 0);
    assert.equal(exchanges.state, 'running');
  }

  function assertAsBefore(): void {
    assert.deepEqual(exchanges.at, asBefore);
    assert.deepEqual([...exchanges.marked], []);
    assert.deepEqual(restores.left(), [], 'nothing that it has made is left');
    assert.equal(exchanges.gone.size, 0);
    assert.equal(exchanges.state, 'running');
  }

  for (const moment of moments) {
    it(`leaves all as it was when it ends ${moment} 'OriginalRestoreRequested'`, async () => {
      await interrupt(endingAt('OriginalRestoreRequested', 1, moment));
      assert.equal(await resumed(), 'failed');
      assertAsBefore();
    });
  }

  it(`leaves all as it was when the exchange was not announced, though the volumes are there`, async () => {
    await interrupt(endingAt('VolumeExchangeRequested', 1, 'before'));
    assert.equal(await resumed(), 'failed');
    assertAsBefore();
  });

  for (const [type, nth, moment] of [
    ['VolumeExchangeRequested', 1, 'after'],
    ...moments.flatMap(
      (one) =>
        [
          ['InstanceStopped', 1, one],
          ['VolumeExchanged', 1, one],
          ['VolumeExchanged', 2, one],
          ['InstanceStarted', 1, one],
        ] as const,
    ),
    ['RestoreCompleted', 1, 'before'],
  ] as const) {
    it(`is carried through when it ends ${moment} '${type}' ${nth}`, async () => {
      await interrupt(endingAt(type, nth, moment));
      assert.equal(await resumed(), 'succeeded');
      assertExchanged();
    });
  }

  for (const [type, nth, moment] of [
    ['PutBackRequested', 1, 'after'],
    ...moments.flatMap(
      (one) =>
        [
          ['VolumePutBack', 1, one],
          ['VolumePutBack', 2, one],
          ['InstanceStarted', 1, one],
        ] as const,
    ),
    ['RestoreFailed', 1, 'before'],
  ] as const) {
    it(`goes on putting back when it ends ${moment} '${type}' ${nth}`, async () => {
      const second = [...asBefore.values()][1];
      exchanges.unattachable.add(`volume-of-${String(second)}`);
      await interrupt(endingAt(type, nth, moment));
      exchanges.unattachable.clear();
      assert.equal(await resumed(), 'failed');
      assertAsBefore();
    });
  }

  it('lets no backup begin before it has come to its end, and then does', async () => {
    await interrupt(endingAt('VolumeExchanged', 1, 'before'));
    {
      await using vault = await open();
      const started = vault.engine.startBackup({ instanceId: web1 });
      await assert.rejects(started, { code: 'INSTANCE_BUSY' });
    }
    assert.equal(await resumed(), 'succeeded');
    await using vault = await open();
    const { summary } = await backUp(vault.engine);
    assert.equal(summary.status, 'succeeded');
  });

  it('stays open while nothing can be put back, and is gone on with by the same engine', async () => {
    const [first, second] = [...asBefore.values()];
    for (const id of [`volume-of-${String(second)}`, String(first)]) exchanges.unattachable.add(id);
    await using vault = await open();
    const running = await vault.engine.startRestore({ pointId, target });
    await assert.rejects(running.ended, { code: 'CLOUD_REFUSED' });
    exchanges.unattachable.clear();

    for (const { ended } of await vault.engine.resumeInterrupted()) await ended;

    assertAsBefore();
  });
});
