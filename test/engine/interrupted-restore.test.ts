import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PointId } from '../../src/domain/identifiers.ts';
import type { VolumesTarget } from '../../src/engine/engine.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
import { MemoryRestores } from '../support/engine/memory-restores.ts';
import { backUp } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, copyVault, makeTestVault } from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const target: VolumesTarget = {
  kind: 'volumes',
  availabilityZone: 'here-1a',
  volumeType: 'gp3',
  keyId: null,
};

describe('a restore to volumes whose engine ends before it has recorded all', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let folder: string;
  let pointId: PointId;
  let cases = 0;
  let restores: MemoryRestores;

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
    restores = new MemoryRestores();
  });

  const open = (hooks: EventStoreHooks = {}): Promise<OpenTestVault> =>
    openTestVault(folder, {
      decorate: ({ cloud, eventStore }) => ({
        cloud: { ...cloudWith(cloud, {}), volumeRestores: restores },
        eventStore: createHookedEventStore(eventStore, hooks),
      }),
    });

  /** A hook that ends the engine's ledger for good at the `nth` event of a type. */
  const failingAt = (
    wanted: string,
    nth = 1,
  ): ((call: { events: readonly { type: string }[] }) => void) => {
    let seen = 0;
    return ({ events }) => {
      if (events.some(({ type }) => type === wanted)) seen += 1;
      if (seen >= nth) throw new Error('the machine is gone');
    };
  };

  const interrupt = async (hooks: EventStoreHooks): Promise<void> => {
    await using vault = await open(hooks);
    const running = await vault.engine.startRestore({ pointId, target });
    await assert.rejects(running.ended, /the machine is gone/);
  };
  const resumed = async (): Promise<{ status: string; problems: readonly string[] }> => {
    await using vault = await open();
    await vault.engine.resumeInterrupted();
    const sessions = await vault.engine.listSessions();
    const restore = sessions.find(({ kind }) => kind === 'restore');
    assert.ok(restore !== undefined);
    const { status, problems } = restore;
    return { status, problems: problems.map(({ code }) => code) };
  };
  const allVolumes: readonly string[] = ['volume', 'volume'];

  it('has succeeded when only its end was not recorded; the volumes stay', async () => {
    await interrupt({ beforeAppend: failingAt('RestoreCompleted') });
    assert.deepEqual(restores.left(), ['snapshot', 'snapshot', ...allVolumes]);

    assert.deepEqual(await resumed(), { status: 'succeeded', problems: [] });

    assert.deepEqual(restores.left(), allVolumes);
  });

  it('keeps its volumes when the last one was recorded and the answer was lost', async () => {
    await interrupt({ afterAppend: failingAt('VolumeRestored', 2) });

    assert.deepEqual(await resumed(), { status: 'succeeded', problems: [] });

    assert.deepEqual(restores.left(), allVolumes);
  });

  it('has failed when a volume was not recorded, and leaves nothing', async () => {
    await interrupt({ beforeAppend: failingAt('VolumeRestored', 2) });

    assert.deepEqual(await resumed(), { status: 'failed', problems: ['INTERRUPTED'] });

    assert.deepEqual(restores.left(), []);
  });

  it('leaves nothing either that was held by an instance, and is found only when that is gone', async () => {
    await interrupt({ beforeAppend: failingAt('VolumeRestored', 2) });
    const [{ owner } = assert.fail('it has made something')] = [...restores.existing.values()];
    restores.existing.set('i-1', { type: 'instance', resourceId: 'i-1', owner });
    restores.behind.set('i-1', { type: 'volume', resourceId: 'vol-of-i-1', owner });

    assert.deepEqual(await resumed(), { status: 'failed', problems: ['INTERRUPTED'] });

    assert.deepEqual(restores.left(), []);
    assert.equal(restores.behind.size, 0);
  });
});
