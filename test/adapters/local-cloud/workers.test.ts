import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { workerIdOfToken } from '../../../src/adapters/local-cloud/local-ids.ts';
import {
  formatIdentity,
  identityOf,
  isRunning,
  ownIdentity,
} from '../../../src/platform/process-identity.ts';
import { hasErrorCode } from '../../../src/domain/errors/snapledger-error.ts';
import type { WorkerId } from '../../../src/domain/identifiers.ts';
import {
  eventually,
  type LocalCloudFixture,
  openFixture,
  owner,
  tinyWorker,
} from '../../support/local-cloud/local-cloud-fixture.ts';
import { usualMachine } from '../../../src/domain/policy/worker-policy.ts';

const waiterProgram = fileURLToPath(
  new URL('../../support/local-cloud/lonely-waiter.ts', import.meta.url),
);
const launcherProgram = fileURLToPath(
  new URL('../../support/local-cloud/dying-launcher.ts', import.meta.url),
);

describe('workers of a local cloud', () => {
  let fixture: LocalCloudFixture;
  beforeEach(async () => {
    fixture = await openFixture();
  });
  afterEach(() => fixture.dispose());

  const launch = (order: string, clientToken = 'token', cloud = fixture.cloud) =>
    cloud.workers.launch({
      owner,
      clientToken,
      userData: Buffer.from(order),
      machine: usualMachine,
    });
  const folderOf = (workerId: WorkerId) => path.join(fixture.folder, 'workers', workerId);
  const pidOf = async (workerId: WorkerId): Promise<number> => {
    const text = await readFile(path.join(folderOf(workerId), 'process.json'), 'utf8');
    return Number(/"pid": (\d+)/.exec(text)?.[1]);
  };
  const untilGone = (workerId: WorkerId, cloud = fixture.cloud) =>
    eventually(async () => {
      const worker = await cloud.workers.describe(workerId);
      return worker?.state === 'gone' ? worker : null;
    });

  /** What a launcher leaves that died just before (or after) it started the worker. */
  const leaveUnstarted = async (clientToken: string): Promise<WorkerId> => {
    const workerId = workerIdOfToken(clientToken);
    const folder = folderOf(workerId);
    await mkdir(path.join(folder, 'devices'), { recursive: true });
    const record = { version: 1, workerId, owner, launchedAt: 1 };
    await writeFile(path.join(folder, 'worker.json'), JSON.stringify(record));
    await writeFile(path.join(folder, 'user-data'), 'wait');
    const dead = { ...ownIdentity(), startTicks: ownIdentity().startTicks - 1 };
    await symlink(formatIdentity(dead), path.join(folder, 'launcher-0'));
    return workerId;
  };

  it('get nothing of this process but the search path, and their user data in a private file', async () => {
    process.env['SNAPLEDGER_PASSPHRASE'] = 'secret';
    process.env['NODE_OPTIONS'] = '--no-warnings';
    try {
      const { workerId } = await launch('report');
      const file = path.join(folderOf(workerId), 'report');
      const report = JSON.parse(
        await eventually(() =>
          readFile(file, 'utf8').then(
            (text) => text || null,
            () => null,
          ),
        ),
      ) as { argv: readonly string[]; env: Readonly<Record<string, string>> };

      assert.deepEqual(report.argv.slice(1), [tinyWorker, '--instance', folderOf(workerId)]);
      assert.deepEqual(Object.keys(report.env), ['PATH']);
      const { mode } = await stat(path.join(folderOf(workerId), 'user-data'));
      assert.equal(mode & 0o777, 0o600);
    } finally {
      delete process.env['SNAPLEDGER_PASSPHRASE'];
      delete process.env['NODE_OPTIONS'];
    }
  });

  it('that fail tell their exit code and the end of their log, to other processes too', async () => {
    const { workerId } = await launch('fail');

    const worker = await untilGone(workerId);

    assert.equal(
      worker.stateMessage,
      'exit code 3; the end of its log:\nfirst line\nthe disk is on fire',
    );
    const other = await fixture.reopen();
    assert.deepEqual(await other.workers.describe(workerId), worker);
  });

  it('that were killed tell the signal', async () => {
    const { workerId } = await launch('wait');
    process.kill(await pidOf(workerId), 'SIGKILL');

    assert.equal((await untilGone(workerId)).stateMessage, 'ended by SIGKILL');
  });

  it('leave neither process nor folder when they are terminated, by whatever process', async () => {
    const { workerId } = await launch('wait');
    const identity = identityOf(await pidOf(workerId));
    assert.ok(identity !== null && isRunning(identity));
    const other = await fixture.reopen();

    await other.workers.terminate(workerId);

    assert.equal(isRunning(identity), false);
    assert.equal(await fixture.cloud.workers.describe(workerId), null);
    await assert.rejects(stat(folderOf(workerId)), { code: 'ENOENT' });
  });

  it('whose end is waited for keep a process alive that nothing else does', () => {
    const { status, stdout } = spawnSync(process.execPath, [waiterProgram], { encoding: 'utf8' });

    assert.deepEqual([status, stdout], [0, '3']);
  });

  it('of another PID namespace are never killed: their pid names somebody else here', async () => {
    const { workerId } = await launch('wait');
    const identity = identityOf(await pidOf(workerId));
    assert.ok(identity !== null);
    const file = path.join(folderOf(workerId), 'process.json');
    const foreign = { version: 1, ...identity, pidNamespace: '1' };
    await writeFile(file, JSON.stringify(foreign));
    try {
      assert.equal((await fixture.cloud.workers.describe(workerId))?.state, 'running');
      await assert.rejects(fixture.cloud.workers.terminate(workerId), /another PID namespace/);
      assert.equal(isRunning(identity), true);
    } finally {
      await writeFile(file, JSON.stringify({ version: 1, ...identity }));
    }
  });

  it('outlive their launcher, and are found with their token', async () => {
    const launcher = spawn(process.execPath, [launcherProgram, fixture.folder, 'token'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const workerId = (await Array.fromAsync(launcher.stdout)).join('') as WorkerId;

    const worker = await launch('wait', 'token');

    assert.equal(worker.workerId, workerId);
    assert.equal(worker.state, 'running');
  });

  it('are adopted when their launcher died before it had recorded them', async () => {
    const { workerId } = await launch('wait');
    const pid = await pidOf(workerId);
    await rm(path.join(folderOf(workerId), 'process.json'));
    await rm(path.join(folderOf(workerId), 'launcher-0'));
    const dead = { ...ownIdentity(), startTicks: 1 };
    await symlink(formatIdentity(dead), path.join(folderOf(workerId), 'launcher-0'));

    assert.equal((await fixture.cloud.workers.describe(workerId))?.state, 'running');
    const again = await launch('wait');

    assert.equal(again.workerId, workerId);
    assert.equal(await pidOf(workerId), pid);
  });

  it('are terminated when their launcher died before it had recorded them', async () => {
    const { workerId } = await launch('wait');
    const identity = identityOf(await pidOf(workerId));
    assert.ok(identity !== null);
    await rm(path.join(folderOf(workerId), 'process.json'));
    await rm(path.join(folderOf(workerId), 'launcher-0'));
    await symlink(
      formatIdentity({ ...ownIdentity(), startTicks: 1 }),
      path.join(folderOf(workerId), 'launcher-0'),
    );

    await fixture.cloud.workers.terminate(workerId);

    assert.equal(isRunning(identity), false);
  });

  it('are started once by whoever comes after a launcher that died before it started them', async () => {
    const workerId = await leaveUnstarted('token');
    assert.equal((await fixture.cloud.workers.describe(workerId))?.state, 'gone');
    const other = await fixture.reopen();

    const launched = await Promise.all([launch('wait'), launch('wait', 'token', other)]);

    assert.deepEqual(
      launched.map((worker) => [worker.workerId, worker.state]),
      [
        [workerId, 'running'],
        [workerId, 'running'],
      ],
    );
    await assert.rejects(stat(path.join(folderOf(workerId), 'launcher-2')), { code: 'ENOENT' });
  });

  it('that were never started can be terminated', async () => {
    const workerId = await leaveUnstarted('token');

    await fixture.cloud.workers.terminate(workerId);

    assert.equal(await fixture.cloud.workers.describe(workerId), null);
  });

  it('are not mistaken for a process that got their pid later', async () => {
    const { workerId } = await launch('end');
    await untilGone(workerId);
    const innocent = spawn('sleep', ['60'], { detached: true });
    try {
      const identity = identityOf(innocent.pid ?? 0);
      assert.ok(identity !== null);
      const reused = { version: 1, ...identity, startTicks: identity.startTicks - 1 };
      await writeFile(path.join(folderOf(workerId), 'process.json'), JSON.stringify(reused));

      assert.equal((await fixture.cloud.workers.describe(workerId))?.state, 'gone');
      await fixture.cloud.workers.terminate(workerId);

      assert.equal(isRunning(identity), true);
    } finally {
      innocent.kill('SIGKILL');
    }
  });

  it('are limited in number; one that has ended does not count', async () => {
    const cloud = await fixture.reopen({ workersMax: 1 });
    const ended = await launch('end', 'a', cloud);
    await untilGone(ended.workerId, cloud);
    await launch('wait', 'b', cloud);

    await assert.rejects(launch('wait', 'c', cloud), (error) =>
      hasErrorCode(error, 'LIMIT_EXCEEDED'),
    );
    assert.equal((await launch('wait', 'b', cloud)).state, 'running');
  });

  it('are refused with too much user data or an unusable token', async () => {
    const oversized = 'x'.repeat(16 * 1024 + 1);
    for (const outcome of [
      launch(oversized),
      launch('wait', ''),
      launch('wait', 'x'.repeat(129)),
    ]) {
      await assert.rejects(outcome, (error) => hasErrorCode(error, 'INVALID_ARGUMENT'));
    }
    assert.deepEqual(await fixture.cloud.workers.find(owner), []);
  });

  it('whose program is missing are gone, and their log says why', async () => {
    const cloud = await fixture.reopen({ workerProgram: ['/nowhere/worker.ts'] });

    const { workerId } = await launch('wait', 'token', cloud);

    const { stateMessage } = await untilGone(workerId, cloud);
    assert.match(stateMessage, /^exit code 1/);
    assert.match(stateMessage, /nowhere/);
  });
});
