import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/adapters/system/system-clock.ts';
import { systemRandom } from '../../src/adapters/system/system-random.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { SnapshotId, VolumeId } from '../../src/domain/identifiers.ts';
import type { DeviceName, InstanceId, SnapshotSetId } from '../../src/domain/identifiers.ts';
import type { Repository } from '../../src/format/repository.ts';
import { cheapStrata } from '../support/format/cheap-strata.ts';
import type { WorkerJob } from '../../src/mailbox/worker-job.ts';
import { workerExitCodes } from '../../src/worker/exit-code.ts';
import { neverAborts, sampleAddress, secretOf } from '../mailbox/mailbox-pair.ts';
import { createWorkerSite, type WorkerSite } from './worker-process.ts';

const { sessionId, attempt } = sampleAddress;
const planId = '2b0f6f0e-8f3c-4f43-9a55-9ed4c1a0d703';
const volumeId = 'vol-real' as VolumeId;

/** Five blocks: content, zeros, the first again, content, and a short one. */
const image = Buffer.concat([
  randomBytes(blockSizeBytes),
  Buffer.alloc(blockSizeBytes),
  randomBytes(blockSizeBytes),
  Buffer.from('snapledger '.repeat(blockSizeBytes / 11 + 1)).subarray(0, blockSizeBytes),
  randomBytes(4_096),
]);
image.copy(image, 2 * blockSizeBytes, 0, blockSizeBytes);

async function createPlannedRepository({ objectStore }: WorkerSite): Promise<Repository> {
  const repository = await cheapStrata.createRepository({
    objectStore,
    secret: { kind: 'passphrase', passphrase: 'correct horse battery staple' },
    random: systemRandom,
    clock: systemClock,
  });
  await repository.registerWriter(sessionId, 'i-real' as InstanceId);
  await repository.writeTransferPlan({
    sessionId,
    planId,
    sizeBytes: image.byteLength,
    selection: { kind: 'everything' },
    parent: null,
  });
  return repository;
}

async function readBack(repository: Repository, endSegment: number): Promise<Buffer> {
  const { pointId } = await repository.commitPoint({
    sessionId,
    instanceId: 'web-1' as InstanceId,
    setId: 'e9d4f6c7-58a3-4c8e-b0d7-0c9e8f7a6b05' as SnapshotSetId,
    takenAt: systemClock.now(),
    configuration: {},
    volumes: [
      {
        sessionId,
        planId,
        volumeId,
        device: '/dev/xvda' as DeviceName,
        snapshotId: 'snap-1' as SnapshotId,
        sizeBytes: image.byteLength,
        parent: null,
        segments: [{ attempt, firstSegment: 0, endSegment }],
      },
    ],
  });
  const content = Buffer.alloc(image.byteLength, 0xee);
  const point = await repository.openPoint(pointId);
  for await (const run of point.readVolume(volumeId)) {
    assert.ok(run.kind === 'blocks');
    const start = run.first * blockSizeBytes;
    if (run.state === 'data') content.set(run.bytes, start);
    else content.fill(0, start, start + run.blockCount * blockSizeBytes);
  }
  return content;
}

describe('the worker program with the native format', () => {
  it('transfers a volume that can then be restored', async () => {
    await using site = await createWorkerSite(sampleAddress);
    const repository = await createPlannedRepository(site);
    const grant = await repository.grantTransfer(sessionId);
    await site.writeUserData();

    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), 8_000);
    const volume = { volumeId, planId, sizeBytes: image.byteLength, firstPlanned: 0 };
    const job: WorkerJob = { grant, compression: 'fast', volumes: [volume] };
    await site.engine.postJob(job);
    // Attached while the worker waits for it.
    await writeFile(join(site.folder, 'disk'), image);
    await site.attach(volumeId, join(site.folder, 'disk'));

    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.reported, log);
    assert.deepEqual(await site.engine.readDone(), { outcome: 'succeeded' }, log);
    for (const secret of [
      grant,
      grant.subarray(40, 72),
      grant.subarray(72),
      secretOf(sampleAddress),
    ]) {
      assert.ok(!log.includes(Buffer.from(secret).toString('hex')));
      assert.ok(!log.includes(Buffer.from(secret).toString('base64')));
    }

    await site.engine.clear();
    const segments = await repository.readSegments({ sessionId, planId }, attempt, 0);
    const blocksRead = segments.reduce((sum, { counts }) => sum + counts.blocksRead, 0);
    assert.equal(blocksRead, 5);
    assert.ok((await readBack(repository, segments.length)).equals(image));
    await repository.close();
  });

  it('reports when its grant is none', async () => {
    await using site = await createWorkerSite(sampleAddress);
    const repository = await createPlannedRepository(site);
    await site.writeUserData();
    await writeFile(join(site.folder, 'disk'), image);
    await site.attach(volumeId, join(site.folder, 'disk'));
    const worker = site.start();
    await site.engine.awaitHello(neverAborts(), 8_000);
    const volume = { volumeId, planId, sizeBytes: image.byteLength, firstPlanned: 0 };
    const grant = randomBytes(104);
    await site.engine.postJob({ grant, compression: 'fast', volumes: [volume] });
    const { exitCode, log } = await worker.ended;
    assert.equal(exitCode, workerExitCodes.reported, log);
    assert.equal((await site.engine.readDone())?.outcome, 'failed');
    assert.ok(!log.includes(grant.toString('hex')));
    await repository.close();
  });
});
