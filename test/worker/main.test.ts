import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { workerExitCodes } from '../../src/worker/exit-code.ts';
import {
  createMailboxPair,
  neverAborts,
  sampleAddress,
  sampleJob,
  secretOf,
} from '../mailbox/mailbox-pair.ts';
import { createWorkerSite } from './worker-process.ts';

const helloTimeoutMs = 8_000;

describe('the worker program', () => {
  it('says how to call it when it was not told its instance', async () => {
    await using site = await createWorkerSite(sampleAddress);
    for (const args of [[], ['--instance', ''], ['--instances', 'x']]) {
      const { exitCode, log } = await site.start(args).ended;
      assert.equal(exitCode, workerExitCodes.unusable);
      assert.match(log, /cannot start: .*instance/);
    }
  });

  it('does not start with user data that are missing or broken', async () => {
    await using site = await createWorkerSite(sampleAddress);
    const missing = await site.start().ended;
    assert.equal(missing.exitCode, workerExitCodes.unusable);
    assert.match(missing.log, /ENOENT/);
    await site.writeUserData(site.userData().subarray(1));
    const broken = await site.start().ended;
    assert.equal(broken.exitCode, workerExitCodes.unusable);
    assert.match(broken.log, /MAILBOX_REJECTED: the user data/);
    const secret = Buffer.from(secretOf(sampleAddress)).toString('base64');
    assert.ok(!broken.log.includes(secret));
  });

  it('reports a job that it cannot do, and ends well', async () => {
    await using site = await createWorkerSite(sampleAddress);
    await site.writeUserData(site.userData('later'));
    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), helloTimeoutMs);
    await site.engine.postJob(sampleJob);
    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.reported, log);
    const done = await site.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.equal(done.code, 'WORKER_FAILED');
    assert.ok(!log.includes(sampleJob.grant.toString()));
  });

  it('reports a device that is shorter than the job says', async () => {
    await using site = await createWorkerSite(sampleAddress);
    await site.writeUserData();
    await writeFile(join(site.instanceFolder, 'devices', 'vol-1'), 'short');
    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), helloTimeoutMs);
    await site.engine.postJob(sampleJob);
    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.reported, log);
    const done = await site.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.equal(done.code, 'DISK_CHANGED');
  });

  it('beats, and reports that it was stopped when it gets SIGTERM', async () => {
    await using site = await createWorkerSite(sampleAddress);
    await site.writeUserData();
    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), helloTimeoutMs);
    while ((await site.engine.latestBeat()) === null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    worker.process.kill('SIGTERM');
    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.reported, log);
    const done = await site.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.equal(done.code, 'WORKER_LOST');
  });

  it('ends when the engine clears its mailbox', async () => {
    await using site = await createWorkerSite(sampleAddress);
    await site.writeUserData();
    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), helloTimeoutMs);
    await site.engine.clear();
    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.closed, log);
    assert.deepEqual(await Array.fromAsync(site.objectStore.list('')), []);
  });

  it('fails when somebody has said hello in its place', async () => {
    await using site = await createWorkerSite(sampleAddress);
    await site.writeUserData();
    const { objectStore } = site;
    await createMailboxPair()
      .worker({ objectStore, workerSecret: new Uint8Array(32) })
      .sayHello();
    const { exitCode, log } = await site.start().ended;
    assert.equal(exitCode, workerExitCodes.unreported);
    assert.match(log, /another worker has said hello/);
    await assert.rejects(site.engine.readHello(), { code: 'MAILBOX_REJECTED' });
  });
});
