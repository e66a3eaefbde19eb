import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import type { InstanceId, PolicyId, TimestampMs } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import { backUp } from '../support/vault/back-up.ts';
import { makeDisk } from '../support/vault/disk-image.ts';
import { addTestInstance, deviceOf, makeTestVault } from '../support/vault/make-test-vault.ts';
import { openTestVault } from '../support/vault/open-test-vault.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../support/vault/temporary-folder.ts';

const dayMs = 24 * 3_600_000;

describe('a clock that jumps back', { timeout: 240_000 }, () => {
  let temporary: TemporaryFolder;
  let folder: string;
  before(async () => {
    temporary = await makeTemporaryFolder();
    folder = await makeTestVault(temporary.path);
  });
  after(() => temporary[Symbol.asyncDispose]());

  it('by a day with every step of a backup loses nothing: the session ends, is sealed and proven', async () => {
    const imagePath = path.join(temporary.path, 'web-1.img');
    await makeDisk(imagePath, ['x', 'y']);
    let looks = 0;
    const now = (): TimestampMs => {
      looks += 1;
      return (systemClock.now() - looks * dayMs) as TimestampMs;
    };
    {
      await using vault = await openTestVault(folder);
      await addTestInstance(vault, [imagePath]);
    }
    {
      await using vault = await openTestVault(folder, {
        decorate: () => ({ clock: { ...systemClock, now } }),
      });
      assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    }
    await using vault = await openTestVault(folder);
    assert.equal((await backUp(vault.engine)).summary.status, 'succeeded');
    assert.ok(looks > 10);
    const { findings, size, clockRemarks } = await vault.engine.audit.verify();
    assert.deepEqual(findings, []);
    assert.ok(clockRemarks.count > 2);
    for (const { recordedAt, previousAt } of clockRemarks.first) assert.ok(recordedAt < previousAt);
    const told = await vault.engine.audit.timeline('web-1' as InstanceId);
    const remarks = told.filter(({ subject }) => subject === 'clock');
    assert.ok(remarks.length > 2);
    const verified = clockRemarks.first.map(({ stream, revision }) => `${stream}@${revision}`);
    for (const { stream, revision } of remarks)
      assert.ok(verified.includes(`${stream}@${revision}`));
    assert.ok(size > 0);
    assert.equal((await Array.fromAsync(vault.engine.listPoints())).length, 2);
  });

  it('after a run of a policy does not make that run due again', async () => {
    const instanceId = 'web-2' as InstanceId;
    const imagePath = path.join(temporary.path, 'web-2.img');
    await makeDisk(imagePath, ['x']);
    let backMs = 10 * 60_000;
    const now = (): TimestampMs => (systemClock.now() - backMs) as TimestampMs;
    await using vault = await openTestVault(folder, {
      decorate: () => ({ clock: { ...systemClock, now } }),
    });
    await vault.cloud.addInstance({ instanceId, volumes: [{ device: deviceOf(0), imagePath }] });
    const policy = defaultPolicy('daily' as PolicyId, [instanceId]);
    const due = new Date(now() + 5 * 60_000);
    const expression = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
    await vault.engine.setPolicy({
      ...policy,
      image: { ...policy.image, level: 'off' },
      snapshots: { ...policy.snapshots, schedules: [{ kind: 'cron', expression }] },
    });
    const runs = async (): Promise<number> => {
      await vault.engine.runPolicies({ until: 'none-due' });
      const sessions = await vault.engine.listSessions({});
      return sessions.filter(({ kind }) => kind === 'policy-run').length;
    };
    assert.equal(await runs(), 0, 'not due yet');
    backMs = 0;
    assert.equal(await runs(), 1);
    backMs = 4 * 60_000;
    assert.equal(await runs(), 1, 'the same minutes again, in which it was due');
    backMs = 0;
    assert.equal(await runs(), 1);
  });
});
