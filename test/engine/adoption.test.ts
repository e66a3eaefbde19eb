import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PolicyId, SessionId, SnapshotSetId } from '../../src/domain/identifiers.ts';
import type { ReconcilableRegion } from '../../src/engine/engine.ts';
import type { InventoryItem } from '../../src/ports/cloud/inventory.ts';
import {
  createHookedEventStore,
  type EventStoreHooks,
} from '../support/engine/hooked-event-store.ts';
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

const lostSet = '10570000-0000-4000-8000-000000000001' as SnapshotSetId;
const lostSession = '10570000-0000-4000-8000-000000000002' as SessionId;

/** What the local cloud has of the instance, told as an inventory tells it. */
function regionOf({ cloud }: OpenTestVault): ReconcilableRegion {
  return {
    ...cloud,
    account: null,
    volumes: { deleteFree: () => Promise.resolve('removed') },
    inventory: {
      list: async () => {
        const snapshots = await cloud.snapshots.listOf(web1);
        const { volumes } = await cloud.instances.describe(web1);
        const items = snapshots.map((snapshot): InventoryItem => ({
          kind: 'snapshot',
          snapshot,
          set: {
            setId: snapshot.setId,
            owner: snapshot.owner,
            region: cloud.region,
            policyId: 'policy-of-web-1' as PolicyId,
            requestedAt: snapshot.startedAt,
            volumes,
            configuration: {},
          },
        }));
        return { items, untrusted: [] };
      },
    },
  };
}

describe('adopting a set of the local cloud that the ledger does not have', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let folder: string;
  let cases = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    const disks = ['a.img', 'b.img'].map((name) => path.join(temporary.path, name));
    for (const disk of disks) await makeDisk(disk, ['something']);
    prepared = await makeTestVault(temporary.path);
    await using vault = await openTestVault(prepared);
    await addTestInstance(vault, disks, { level: 'off', keep: 2 });
    await backUp(vault.engine);
    const { volumes } = await vault.cloud.instances.describe(web1);
    await vault.cloud.snapshots.createSet({
      setId: lostSet,
      owner: { sessionId: lostSession, instanceId: web1 },
      instanceId: web1,
      volumes,
      policyId: null,
      volumeTags: 'leave',
      configuration: {},
    });
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    cases += 1;
    folder = await copyVault(prepared, path.join(temporary.path, `case-${cases}`));
  });

  const open = (hooks: EventStoreHooks = {}): Promise<OpenTestVault> =>
    openTestVault(folder, {
      decorate: ({ eventStore }) => ({ eventStore: createHookedEventStore(eventStore, hooks) }),
    });
  const setsOf = async ({ engine }: OpenTestVault): Promise<readonly string[]> =>
    (await engine.describeItems(web1)).history.sets.map(({ id }) => id);
  const adoptionsOf = async ({ engine }: OpenTestVault): Promise<readonly string[]> =>
    (await engine.listSessions())
      .filter(({ scope }) => scope === 'adoption')
      .map(({ status }) => status);
  const actions = async (vault: OpenTestVault, mode: 'adopt' | 'remove'): Promise<string> => {
    const { items } = await vault.engine.reconcile(regionOf(vault), mode);
    return items
      .map(({ decision, problem }) => `${decision.action}${problem === null ? '' : '!'}`)
      .toSorted()
      .join(' ');
  };

  it('has it once, and then retention lets it go by its place', async () => {
    await using vault = await open();

    assert.equal(await actions(vault, 'remove'), 'adopt adopt keep keep');
    assert.equal(await actions(vault, 'remove'), 'keep keep keep keep');

    assert.deepEqual(await adoptionsOf(vault), ['succeeded']);
    assert.equal((await setsOf(vault)).at(-1), lostSet);
    await backUp(vault.engine);
    assert.equal((await setsOf(vault))[0], lostSet, 'the set before it has gone');
    await backUp(vault.engine);
    assert.ok(!(await setsOf(vault)).includes(lostSet));
    assert.ok((await vault.cloud.snapshots.listOf(web1)).every(({ setId }) => setId !== lostSet));
  });

  it('is put off while another session has the instance', async () => {
    await using vault = await open();
    const running = await vault.engine.startBackup({ instanceId: web1 });
    const found = vault.engine.reconcile(regionOf(vault), 'adopt');
    const { items } = await found;
    await running.ended;

    const lost = items.filter(
      ({ item }) => item.kind === 'snapshot' && item.snapshot.setId === lostSet,
    );
    const codes = lost.map(({ problem }) => problem?.code ?? 'adopted');
    assert.ok(
      codes.every((code) => code === 'INSTANCE_BUSY') || codes.every((code) => code === 'adopted'),
      codes.join(),
    );
    await actions(vault, 'adopt');
    assert.deepEqual(await adoptionsOf(vault), ['succeeded']);
  });

  it('leaves no set of which a snapshot is missing, and removes none of them', async () => {
    await using vault = await open();
    const [gone] = (await vault.cloud.snapshots.listOf(web1)).filter(
      ({ setId }) => setId === lostSet,
    );
    assert.ok(gone !== undefined);
    await vault.cloud.snapshots.delete(gone.snapshotId);

    assert.equal(await actions(vault, 'remove'), 'keep keep keep');

    assert.deepEqual(await adoptionsOf(vault), []);
  });

  describe('after a crash', () => {
    for (const when of ['beforeAppend', 'afterAppend'] as const) {
      for (const number of [1, 2, 3]) {
        it(`at append ${number} (${when}), adopts it once when it is repeated`, async () => {
          {
            let isGone = false;
            await using vault = await open({
              [when]: (call: { readonly number: number }) => {
                isGone ||= call.number >= number;
                if (isGone) throw new Error('the machine is gone');
              },
            });
            await actions(vault, 'adopt').catch(() => undefined);
          }
          await using vault = await open();

          await vault.engine.resumeInterrupted();
          await actions(vault, 'adopt');

          assert.deepEqual(await adoptionsOf(vault), ['succeeded']);
          assert.ok((await setsOf(vault)).includes(lostSet));
          assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
        });
      }
    }
  });
});
