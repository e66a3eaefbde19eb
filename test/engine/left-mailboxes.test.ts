import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { InstanceId, Region, SessionId } from '../../src/domain/identifiers.ts';
import type { ReconcilableRegion, Reconciliation, ReconcileMode } from '../../src/engine/engine.ts';
import type { EngineDependencies } from '../../src/engine/engine-dependencies.ts';
import type { ObjectKey } from '../../src/ports/object-store.ts';
import { runProgram } from '../support/engine/run-program.ts';
import { assertNothingLeft } from '../support/vault/assert-nothing-left.ts';
import { backUp, finished } from '../support/vault/back-up.ts';
import { makeDisk, sha256OfFile } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  copyVault,
  makeTestVault,
  web1,
} from '../support/vault/make-test-vault.ts';
import { type OpenTestVault, openTestVault } from '../support/vault/open-test-vault.ts';
import { restoredDigests } from '../support/vault/restored-digests.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

/** Of the killed engine: when it dies its worker is at work. */
const appendsBeforeDeath = 9;
const late = 'written late';
const notMailboxes = [
  'workers/a.tar.gz',
  'control/probe-1/object',
  'elsewhere/control/a0001/hello',
];

/** The region of the vault, in which the cloud has nothing. */
function emptyRegion({ cloud }: Pick<EngineDependencies, 'cloud'>): ReconcilableRegion {
  return {
    ...cloud,
    account: null,
    volumes: { deleteFree: () => Promise.resolve('removed') },
    inventory: { list: () => Promise.resolve({ items: [], untrusted: [] }) },
  };
}

const inShort = ({ mailboxes }: Reconciliation): readonly string[] =>
  mailboxes.map(
    ({ mailbox: { sessionId }, decision: { action, reason }, problem }) =>
      `${sessionId} ${action} ${reason}${problem === null ? '' : `: ${problem.code}`}`,
  );

describe('what sessions have left in the mailboxes of a repository', () => {
  let temporary: TemporaryFolder;
  let prepared: string;
  let folder: string;
  let disk: string;
  let ended: SessionId;
  let cases = 0;

  before(async () => {
    temporary = await makeTemporaryFolder();
    disk = path.join(temporary.path, 'disk.img');
    await makeDisk(disk, ['a', 'b']);
    prepared = await makeTestVault(temporary.path);
    await using vault = await openTestVault(prepared);
    await addTestInstance(vault, [disk], { keep: 3 });
    ended = (await backUp(vault.engine)).summary.sessionId;
    for (const key of notMailboxes) {
      await vault.dependencies.objectStore.create(key as ObjectKey, Buffer.from('not a mailbox'));
    }
  });
  after(() => temporary[Symbol.asyncDispose]());
  beforeEach(async () => {
    cases += 1;
    folder = await copyVault(prepared, path.join(temporary.path, `case-${cases}`));
  });

  const keysUnder = (
    { dependencies: { objectStore } }: OpenTestVault,
    prefix: string,
  ): Promise<readonly ObjectKey[]> => Array.fromAsync(objectStore.list(prefix), ({ key }) => key);
  /** What whoever slept past the end of a session writes for it. */
  const writeLate = async (vault: OpenTestVault, ...keys: readonly string[]): Promise<void> => {
    const { objectStore } = vault.dependencies;
    for (const key of keys) await objectStore.create(key as ObjectKey, Buffer.from(late));
  };
  const reconcile = async (vault: OpenTestVault, mode: ReconcileMode): Promise<Reconciliation> =>
    vault.engine.reconcile(emptyRegion(vault), mode);
  const assertOthersThere = async ({
    dependencies: { objectStore },
  }: OpenTestVault): Promise<void> => {
    for (const key of notMailboxes) {
      assert.notEqual(await objectStore.head(key as ObjectKey), null, `${key} was removed`);
    }
  };

  it('stays while the session of a killed engine can be resumed; what comes after its end goes', async () => {
    const compileCache = path.join(temporary.path, 'compile-cache');
    const killed = ['after', `${appendsBeforeDeath}`, folder];
    const { signal } = await runProgram('killed-backup.ts', killed, {
      compileCache,
    });
    assert.equal(signal, 'SIGKILL');
    await using vault = await openTestVault(folder);
    const [open] = (await vault.engine.listSessions()).slice(-1);
    assert.equal(open?.condition, 'interrupted');
    const { sessionId } = open;
    const left = await keysUnder(vault, `control/${sessionId}/`);
    assert.ok(left.length > 0, 'the engine died before it wrote anything');

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [`${sessionId} keep session-open`]);
    assert.deepEqual(await keysUnder(vault, `control/${sessionId}/`), left);

    const [resumed] = await vault.engine.resumeInterrupted();
    assert.ok(resumed !== undefined);
    assert.equal((await finished(resumed)).summary.status, 'succeeded');
    assert.deepEqual(await keysUnder(vault, `control/${sessionId}/`), []);
    await writeLate(vault, ...left);

    const going = [`${sessionId} remove session-ended`];
    const planned = await reconcile(vault, 'plan');
    assert.deepEqual(inShort(planned), going);
    const [{ mailbox } = assert.fail()] = planned.mailboxes;
    const { instanceId, objects, bytes } = mailbox;
    assert.deepEqual([instanceId, objects, bytes], [web1, left.length, left.length * late.length]);
    assert.deepEqual(inShort(await reconcile(vault, 'adopt')), going);
    assert.deepEqual(await keysUnder(vault, `control/${sessionId}/`), left, 'only told of');

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), going);

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [], 'nothing is left to be done');
    await assertOthersThere(vault);
    await vault.dependencies.objectStore.delete('control/probe-1/object' as ObjectKey);
    await assertNothingLeft(vault);
  });

  it('goes with the registration, where a session registered once more after its end', async () => {
    await using vault = await openTestVault(folder);
    const repository = await vault.dependencies.repository();
    await repository.registerWriter(ended, web1);
    await writeLate(vault, `control/${ended}/a0001/hello`);

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [`${ended} remove session-ended`]);

    assert.deepEqual(await keysUnder(vault, 'sessions/'), []);
    assert.deepEqual(await keysUnder(vault, `control/${ended}/`), []);
    assert.deepEqual(await restoredDigests(vault, ended), [await sha256OfFile(disk)]);
  });

  it('goes with all data, where a session first registered after its end', async () => {
    await using vault = await openTestVault(folder);
    const { sessionId } = (await backUp(vault.engine, { scope: 'snapshot-only' })).summary;
    const repository = await vault.dependencies.repository();
    await repository.registerWriter(sessionId, web1);
    await writeLate(
      vault,
      `control/${sessionId}/a0001/hello`,
      `packs/${sessionId}/00000001-00000001`,
    );

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [
      `${sessionId} remove session-ended`,
    ]);

    for (const prefix of ['sessions/', `control/${sessionId}/`, `packs/${sessionId}/`]) {
      assert.deepEqual(await keysUnder(vault, prefix), []);
    }
    assert.equal((await vault.engine.planCollection()).unexplained.objects, 0);
  });

  it('goes, of a session of another vault, when the repository has the end of it, and not before', async () => {
    await using vault = await openTestVault(folder);
    const repository = await vault.dependencies.repository();
    const stranger = systemRandom.uuid() as SessionId;
    const elsewhere = 'db-9' as InstanceId;
    await repository.registerWriter(stranger, elsewhere);
    await writeLate(vault, `control/${stranger}/a0001/hello`);
    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [
      `${stranger} keep unknown-session`,
    ]);
    assert.equal((await keysUnder(vault, `control/${stranger}/`)).length, 1);

    await repository.discardWriter(stranger, elsewhere);
    await writeLate(vault, `control/${stranger}/a0001/done`);

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [
      `${stranger} remove session-ended`,
    ]);
    assert.deepEqual(await keysUnder(vault, `control/${stranger}/`), []);
  });

  it('stays, of a session of which neither the ledger nor the repository knows anything', async () => {
    await using vault = await openTestVault(folder);
    const nobodys = systemRandom.uuid() as SessionId;
    await writeLate(vault, `control/${nobodys}/a0001/hello`);

    assert.deepEqual(inShort(await reconcile(vault, 'remove')), [
      `${nobodys} keep unknown-session`,
    ]);

    assert.equal((await keysUnder(vault, `control/${nobodys}/`)).length, 1);
  });

  it('is told of with the region of the vault alone', async () => {
    await using vault = await openTestVault(folder);
    await writeLate(vault, `control/${ended}/a0001/hello`);
    const account = {
      roleArn: 'arn:aws:iam::222233334444:role/copies',
      externalId: null,
    };
    const elsewhere = [{ region: 'far' as Region }, { account }];
    for (const place of elsewhere) {
      const region = { ...emptyRegion(vault), ...place };
      assert.deepEqual(inShort(await vault.engine.reconcile(region, 'remove')), []);
    }
    assert.equal((await keysUnder(vault, `control/${ended}/`)).length, 1);
  });

  it('is named when it cannot be removed, which keeps no other one', async () => {
    const denied = new SnapledgerError('STORE_ACCESS_DENIED', 'it must not be deleted');
    await using vault = await openTestVault(folder, {
      objectStore: (inner) => ({
        create: (key, body) => inner.create(key, body),
        get: (key, range) => inner.get(key, range),
        head: (key) => inner.head(key),
        list: (prefix, options) => inner.list(prefix, options),
        retention: null,
        delete: (key) =>
          key.startsWith(`control/${ended}/`) ? Promise.reject(denied) : inner.delete(key),
      }),
    });
    const other = (await backUp(vault.engine)).summary.sessionId;
    await writeLate(vault, `control/${ended}/a0001/hello`, `control/${other}/a0001/hello`);

    assert.deepEqual(
      new Set(inShort(await reconcile(vault, 'remove'))),
      new Set([
        `${ended} remove session-ended: STORE_ACCESS_DENIED`,
        `${other} remove session-ended`,
      ]),
    );

    assert.deepEqual(await keysUnder(vault, `control/${other}/`), []);
  });

  it('is what a running engine looks for by itself, and removes when it is told to', async () => {
    await using vault = await openTestVault(folder, {
      decorate: ({ cloud }) => ({
        openRegion: ({ region, account }) =>
          Promise.resolve({
            ...emptyRegion({ cloud }),
            ...{ region, account, close: () => undefined },
          }),
      }),
    });
    await writeLate(vault, `control/${ended}/a0001/hello`);
    const firstLook = async (reconcile?: 'remove'): Promise<readonly string[]> => {
      const stopped = new AbortController();
      let told: readonly string[] = [];
      await vault.engine.runPolicies({
        until: 'aborted',
        signal: stopped.signal,
        ...(reconcile === undefined ? {} : { reconcile }),
        onReconciled: (looked) => {
          assert.ok(looked.kind === 'looked');
          told = inShort(looked.reconciliation);
          stopped.abort();
        },
      });
      return told;
    };

    const going = [`${ended} remove session-ended`];
    assert.deepEqual(await firstLook(), going);
    assert.equal((await keysUnder(vault, `control/${ended}/`)).length, 1, 'it was removed unasked');
    assert.deepEqual(await firstLook('remove'), going);
    assert.deepEqual(await firstLook('remove'), []);
    assert.deepEqual(await keysUnder(vault, `control/${ended}/`), []);
  });
});
