import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import type { Region } from '../../src/domain/identifiers.ts';
import type { AccountRole } from '../../src/domain/policy/account-role.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import type { Cloud } from '../../src/ports/cloud/cloud.ts';
import type { Replicas } from '../../src/ports/cloud/replicas.ts';
import { cloudWith } from '../support/engine/cloud-with.ts';
import { backUp, finished, recorded } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import {
  addTestInstance,
  makeTestVault,
  setTestPolicy,
  web1,
} from '../support/vault/make-test-vault.ts';
import { openTestVault, type OpenTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const roleNamed = (name: string): AccountRole => ({
  roleArn: `arn:aws:iam::222233334444:role/${name}`,
  externalId: null,
});
const to = (region: string, role: AccountRole): BackupPolicy['replicas'][number] => ({
  target: { region: region as Region, keyId: null, account: role },
  schedules: [],
  retention: { count: 1, age: null, gfs: null },
});
const first = roleNamed('first');

/*
 * Accounts are made up of the regions of the local cloud, so that it is seen by which role the engine asks
 * for what.
 */
describe('replicas in another account', () => {
  let temporary: Awaited<ReturnType<typeof makeTemporaryFolder>>;
  let folder: string;
  let asked: string[];
  beforeEach(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
    asked = [];
    const disk = path.join(temporary.path, 'a.img');
    await makeDisk(disk, ['one', 'two']);
    await using vault = await openTestVault(folder);
    await addTestInstance(vault, [disk], { keep: 1, level: 'off' });
  });
  afterEach(() => temporary[Symbol.asyncDispose]());

  const openWithAccounts = (
    other: (inner: Replicas) => Partial<Replicas> = () => ({}),
  ): Promise<OpenTestVault> =>
    openTestVault(folder, {
      limits: { retry: { attemptsMax: 2, firstDelayMs: 1, delayMaxMs: 1 } },
      decorate: ({ cloud }: { readonly cloud: Cloud }) => {
        const inAccount = (role: AccountRole) => {
          const name = role.roleArn.split('/').at(-1) ?? '';
          const replicas: Replicas = {
            ...cloud.replicas,
            copy: (request, options) => {
              asked.push(`${name}: copy to ${request.target.region}`);
              return cloud.replicas.copy(request, options);
            },
            delete: (region, snapshotId) => {
              asked.push(`${name}: delete in ${region}`);
              return cloud.replicas.delete(region, snapshotId);
            },
            releaseSources: () => {
              asked.push(`${name}: release`);
              return Promise.resolve();
            },
            ...other(cloud.replicas),
          };
          return { replicas, volumeRestores: null, instanceRestores: null };
        };
        return { cloud: { ...cloudWith(cloud, {}), inAccount } };
      },
    });

  it('give their sources back when the last copy of the session to the account has ended', async () => {
    await using vault = await openWithAccounts();
    await setTestPolicy(vault, {
      keep: 1,
      level: 'off',
      replicas: [to('a', first), to('b', first)],
    });

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'succeeded');
    assert.deepEqual(asked, ['first: copy to a', 'first: copy to b', 'first: release']);
  });

  it('give their sources back when they fail late', async () => {
    await using vault = await openWithAccounts((inner) => ({
      describe: async (where, ids) =>
        (await inner.describe(where, ids)).map((copy) => ({
          ...copy,
          state: 'error',
          stateMessage: 'Given key ID is not accessible',
        })),
    }));
    await setTestPolicy(vault, { keep: 1, level: 'off', replicas: [to('a', first)] });

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'warning');
    assert.match(session.summary.problems[0]?.message ?? '', /Given key ID is not accessible/);
    assert.deepEqual(asked, ['first: copy to a', 'first: delete in a', 'first: release']);
  });

  it('are a warning when the sources could not be given back, and are replicas all the same', async () => {
    await using vault = await openWithAccounts(() => ({
      releaseSources: () =>
        Promise.reject(new SnapledgerError('CLOUD_ACCESS_DENIED', 'not allowed')),
    }));
    await setTestPolicy(vault, { keep: 1, level: 'off', replicas: [to('a', first)] });

    const session = await backUp(vault.engine);

    assert.equal(session.summary.status, 'warning');
    const [replicated] = recorded(session, 'Replicated');
    assert.equal(replicated?.stillShared?.code, 'CLOUD_ACCESS_DENIED');
    assert.match(
      replicated.stillShared.message,
      /account 222233334444 can still read .*not allowed/,
    );
  });

  it('leave by the role that the policy names today, in one chain with those of the role before', async () => {
    await using vault = await openWithAccounts();
    await setTestPolicy(vault, { keep: 1, level: 'off', replicas: [to('a', first)] });
    await backUp(vault.engine);
    asked.length = 0;
    const replicas = [to('a', roleNamed('second'))];
    await setTestPolicy(vault, { keep: 1, level: 'off', replicas });

    const session = await backUp(vault.engine);

    assert.equal(recorded(session, 'ReplicaRemoved').length, 1);
    assert.deepEqual(asked, ['second: copy to a', 'second: release', 'second: delete in a']);
  });

  it('leave by the role of their own target, where the policy enters the account by several', async () => {
    await using vault = await openWithAccounts();
    const replicas = [to('a', first), to('b', roleNamed('second'))];
    await setTestPolicy(vault, { keep: 1, level: 'off', replicas });
    await backUp(vault.engine);
    asked.length = 0;

    await backUp(vault.engine);

    assert.deepEqual(
      // In the order of their ids, which are drawn.
      asked.filter((one) => one.includes('delete')).toSorted(),
      ['first: delete in a', 'second: delete in b'],
    );
  });

  it('of an engine that died while it waited are completed, and their sources given back, by the next', async () => {
    const dead = await openWithAccounts((inner) => ({
      describe: async (where, ids) =>
        (await inner.describe(where, ids)).map((copy) => ({ ...copy, state: 'pending' })),
    }));
    await setTestPolicy(dead, { keep: 1, level: 'off', replicas: [to('a', first)] });
    await dead.engine.startBackup({ instanceId: web1 });
    while (!asked.includes('first: copy to a')) await new Promise((done) => setTimeout(done, 5));
    await dead[Symbol.asyncDispose]();
    assert.ok(!asked.includes('first: release'));

    await using next = await openWithAccounts();
    const [resumed, ...others] = await next.engine.resumeInterrupted();

    assert.deepEqual(others, []);
    const session = resumed === undefined ? null : await finished(resumed);
    assert.equal(session?.summary.status, 'succeeded');
    assert.deepEqual(asked, ['first: copy to a', 'first: release']);
  });
});
