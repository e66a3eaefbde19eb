import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasErrorCode, SnapledgerError } from '../../src/domain/errors/snapledger-error.ts';
import { workerExitCodes } from '../../src/worker/exit-code.ts';
import { runInFolder } from '../../src/worker/run-in-folder.ts';
import { runWorker } from '../../src/worker/run-worker.ts';
import { workerStopped } from '../../src/worker/worker-errors.ts';
import { workerLimits } from '../../src/worker/worker-limits.ts';
import { createHookedObjectStore } from '../support/object-store/hooked-object-store.ts';
import { createFaultyObjectStore } from '../mailbox/faulty-object-store.ts';
import { createMailboxPair, keysOf, neverAborts, sampleAddress } from '../mailbox/mailbox-pair.ts';
import { createWorkerRig, giveJob, twoVolumes } from './worker-rig.ts';

const prefix = `control/${sampleAddress.sessionId}/a0001/`;

describe('a worker that cannot begin', () => {
  it('lets go of what it prepared when its hello fails', async () => {
    const rig = createWorkerRig({
      workerStore: (store) =>
        createHookedObjectStore(store, {
          before: ({ method }) =>
            method === 'create'
              ? Promise.reject(new SnapledgerError('STORE_ACCESS_DENIED', 'only to be read'))
              : Promise.resolve(),
        }),
    });
    const end = await runWorker(rig.world);
    assert.equal(end.kind, 'unreported');
    assert.ok(hasErrorCode(end.error, 'STORE_ACCESS_DENIED'));
    assert.equal(rig.format.prepared.underWay, 0);
  });

  it('lets go of what it prepared when its object store cannot be opened', async () => {
    const { world, format, log } = createWorkerRig();
    const { preparing, signal, userData } = world;
    await preparing;
    assert.equal(format.prepared.underWay, 1);
    // No folder can be there: this is a file.
    const root = import.meta.filename;
    const exitCode = await runInFolder({
      instanceFolder: import.meta.dirname,
      userData: { ...userData, objectStore: { kind: 'filesystem', root } },
      preparing,
      signal,
      log: world.log,
    });
    assert.equal(exitCode, workerExitCodes.unusable);
    assert.match(log.join('\n'), /^cannot start: /);
    assert.equal(format.prepared.underWay, 0);
  });
});

describe('a worker with a job', () => {
  it('transfers every volume in order and reports that it succeeded', async () => {
    const rig = createWorkerRig();
    const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
    assert.deepEqual(end, { kind: 'reported', outcome: { outcome: 'succeeded' } });
    assert.deepEqual(await rig.engine.readDone(), { outcome: 'succeeded' });
    const asked = rig.format.runs.map(({ planId, firstPlanned, source }) => ({
      planId,
      firstPlanned,
      sizeBytes: source.sizeBytes,
    }));
    const expected = twoVolumes.volumes.map(({ planId, firstPlanned, sizeBytes }) => ({
      planId,
      firstPlanned,
      sizeBytes,
    }));
    assert.deepEqual(asked, expected);
    for (const { sessionId } of rig.format.runs) assert.equal(sessionId, sampleAddress.sessionId);
  });

  it('opens one transfer, with what the engine granted, and closes all that it opened', async () => {
    const rig = createWorkerRig();
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    assert.equal(rig.format.opened.length, 1);
    const [opened] = rig.format.opened;
    assert.deepEqual(Buffer.from(opened?.grant ?? []), twoVolumes.grant);
    assert.equal(opened?.compression, twoVolumes.compression);
    assert.equal(opened.attempt, sampleAddress.attempt);
    assert.equal(rig.format.closed.count, 1);
    assert.equal(rig.format.prepared.underWay, 0);
    assert.equal(rig.openDevices.size, 0);
  });

  it('has its transfer ready before the job comes', async () => {
    const rig = createWorkerRig();
    const running = runWorker(rig.world);
    await rig.engine.awaitHello(neverAborts(), 60_000);
    await rig.clock.sleep(1);
    assert.equal(rig.format.prepared.underWay, 1);
    await giveJob(rig);
    assert.equal((await running).kind, 'reported');
  });

  it('beats from its hello on until the end', async () => {
    const rig = createWorkerRig({ segmentsPerVolume: 10 });
    const [beforeJob] = await Promise.all([
      rig.clock.sleep(10_000).then(() => rig.engine.latestBeat()),
      rig.clock.sleep(10_500).then(() => giveJob(rig)),
      runWorker(rig.world),
    ]);
    assert.ok(beforeJob !== null && beforeJob >= 5, `beat ${beforeJob} before the job`);
    const last = await rig.engine.latestBeat();
    assert.ok(last !== null && last >= 15, `beat ${last} at the end of half a minute`);
  });

  it('waits for devices that show late', async () => {
    const rig = createWorkerRig({ deviceDelayMs: { 'vol-2': 120_000 } });
    const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
    assert.deepEqual(end, { kind: 'reported', outcome: { outcome: 'succeeded' } });
  });

  it('logs what it does, and no secret', async () => {
    const rig = createWorkerRig();
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const text = rig.log.join('\n');
    assert.match(text, /volume vol-1, 21990232555520 bytes: reading from position 7/);
    assert.match(text, /volume vol-2: done, 12 blocks read, 6 stored in 3000 bytes/);
    for (const secret of [twoVolumes.grant, rig.world.userData.workerSecret]) {
      for (const encoding of ['latin1', 'hex', 'base64'] as const) {
        assert.ok(!text.includes(Buffer.from(secret).toString(encoding)));
      }
    }
  });
});

describe('a worker whose job fails', () => {
  it('reports the code, the message, the remedy and whether to try again', async () => {
    const rig = createWorkerRig({
      beforeSegment: ({ planId }, segment) => {
        if (planId !== twoVolumes.volumes[1]?.planId || segment !== 1) return;
        throw new SnapledgerError('DISK_UNREADABLE', 'bad sector', { remedy: 'Replace it.' });
      },
    });
    const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const outcome = {
      outcome: 'failed',
      code: 'DISK_UNREADABLE',
      message: 'bad sector',
      remedy: 'Replace it.',
      retry: 'permanent',
    };
    assert.deepEqual(end, { kind: 'reported', outcome });
    assert.deepEqual(await rig.engine.readDone(), outcome);
    assert.equal(rig.openDevices.size, 0);
    assert.equal(rig.format.closed.count, 1);
    assert.equal(rig.format.prepared.underWay, 0);
  });

  it('reports errors that are not of this package as WORKER_FAILED', async () => {
    const rig = createWorkerRig({
      beforeSegment: () => {
        throw new RangeError('out of memory');
      },
    });
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const done = await rig.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.equal(done.code, 'WORKER_FAILED');
    assert.equal(done.retry, 'retryable');
    assert.match(done.message, /RangeError: out of memory/);
  });

  it('reports a format that it does not know', async () => {
    const rig = createWorkerRig({ formatName: 'later' });
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const done = await rig.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.match(done.message, /does not know the format "later"/);
  });

  it('reports a device that never shows, before it has read any other', async () => {
    const rig = createWorkerRig({ deviceDelayMs: { 'vol-2': Infinity } });
    await Promise.all([runWorker(rig.world), giveJob(rig)]);
    const done = await rig.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.equal(done.code, 'DISK_MISSING');
    assert.equal(done.retry, 'retryable');
    assert.match(done.message, /vol-2 did not show/);
    assert.equal(rig.format.runs.length, 0);
    assert.equal(rig.openDevices.size, 0);
    assert.ok(rig.clock.now() - rig.startedAt >= workerLimits.deviceTimeoutMs);
  });
});

describe('a worker that is told to stop', () => {
  for (const onAbort of ['throws-reason', 'throws-other', 'ends-quietly'] as const) {
    it(`stops its transfer and reports that, when the transfer ${onAbort}`, async () => {
      const stop = new AbortController();
      const rig = createWorkerRig({
        onAbort,
        signal: stop.signal,
        beforeSegment: (_request, segment) => {
          if (segment === 2) stop.abort(workerStopped('it received SIGTERM'));
        },
      });
      const [end] = await Promise.all([runWorker(rig.world), giveJob(rig)]);
      assert.equal(end.kind, 'reported');
      const done = await rig.engine.readDone();
      assert.ok(done?.outcome === 'failed');
      assert.equal(done.code, 'WORKER_LOST');
      assert.equal(done.retry, 'retryable');
      assert.match(done.message, /SIGTERM/);
      assert.equal(rig.format.runs.length, 1, 'the second volume is not begun');
      assert.equal(rig.openDevices.size, 0);
    });
  }

  it('while it waits for its job, reports that at once', async () => {
    const stop = new AbortController();
    const rig = createWorkerRig({ signal: stop.signal });
    const running = runWorker(rig.world);
    await rig.clock.sleep(3_000);
    stop.abort(workerStopped('it received SIGTERM'));
    assert.equal((await running).kind, 'reported');
    assert.equal(rig.format.prepared.underWay, 0);
    assert.ok(rig.clock.now() - rig.startedAt < 4_000);
    assert.equal((await rig.engine.readDone())?.outcome, 'failed');
  });
});

describe('a worker that nobody wants', () => {
  it('stops when the engine clears its mailbox, and leaves nothing there', async () => {
    const created: string[] = [];
    const rig = createWorkerRig({
      segmentsPerVolume: 1_000,
      workerStore: (store) =>
        createFaultyObjectStore(store, (call, key) => {
          if (call === 'create') created.push(key);
          return 'none';
        }),
    });
    const running = runWorker(rig.world);
    await giveJob(rig);
    await rig.clock.sleep(20_000);
    await rig.engine.clear();
    assert.deepEqual(await running, { kind: 'closed' });
    assert.ok(rig.clock.now() - rig.startedAt < 30_000);
    assert.deepEqual(await keysOf(rig.objectStore), []);
    assert.ok(!created.includes(`${prefix}done`), 'not even for a moment');
  });

  it('takes its hello back when no job comes', async () => {
    const rig = createWorkerRig();
    const end = await runWorker(rig.world);
    assert.ok(end.kind === 'unreported');
    assert.match(String(end.error), /no job came/);
    assert.deepEqual(await keysOf(rig.objectStore), []);
    assert.equal(rig.format.prepared.underWay, 0);
    assert.equal(rig.clock.now() - rig.startedAt, workerLimits.jobTimeoutMs);
  });

  it('fails without touching anything when its place is taken', async () => {
    const rig = createWorkerRig();
    const { worker } = createMailboxPair();
    await worker({ objectStore: rig.objectStore, workerSecret: new Uint8Array(32) }).sayHello();
    const end = await runWorker(rig.world);
    assert.ok(end.kind === 'unreported');
    assert.match(String(end.error), /another worker has said hello/);
    assert.deepEqual(await keysOf(rig.objectStore), [`${prefix}hello`]);
  });

  it('ends after seven days', async () => {
    const rig = createWorkerRig({ segmentsPerVolume: 1_000, segmentDurationMs: 3_600_000 });
    const slow = { ...rig.world.userData.limits, beatIntervalMs: 600_000 };
    const world = { ...rig.world, userData: { ...rig.world.userData, limits: slow } };
    await Promise.all([runWorker(world), giveJob(rig)]);
    const done = await rig.engine.readDone();
    assert.ok(done?.outcome === 'failed');
    assert.match(done.message, /has run for 168 hours/);
  });
});
