import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type Host, openHost } from '../../demo/own-ports.ts';
import {
  type BackupPolicy,
  type DeviceName,
  defaultPolicy,
  imageFolder,
  type InstanceId,
  type PointManifest,
  type PolicyId,
  type Running,
  type TimestampMs,
} from '../../src/index.ts';
import { makeTemporaryFolder } from '../support/vault/temporary-folder.ts';

const web1 = 'web-1' as InstanceId;
const longAgo = Date.UTC(2001, 0, 1);

/** What a session did, in order, up to its end. */
async function watched(running: Running): Promise<readonly string[]> {
  const types = await Array.fromAsync(running.events(), ({ event }) => event.type);
  await running.ended;
  return types;
}

async function withOneDisk(folder: string, now: () => TimestampMs): Promise<Host> {
  const host = await openHost({ folder, passphrase: 'correct horse', now });
  const imagePath = path.join(folder, 'disk.img');
  await writeFile(imagePath, Buffer.alloc(1024 * 1024, 'content'));
  const volumes = [{ device: '/dev/xvda' as DeviceName, imagePath }];
  await host.cloud.addInstance({ instanceId: web1, volumes });
  const usual = defaultPolicy('own' as PolicyId, [web1]);
  const policy: BackupPolicy = { ...usual, image: { ...usual.image, level: 'on' } };
  await host.engine.setPolicy(policy);
  return host;
}

/** It imports nothing but `src/index.ts`. */
describe('a program that embeds the engine with ports of its own', () => {
  it('backs up and restores, its ledger gets every event, and its clock is the time of them', async () => {
    await using folder = await makeTemporaryFolder();
    let ticks = 0;
    const now = (): TimestampMs => (longAgo + (ticks += 1)) as TimestampMs;
    await using host = await withOneDisk(folder.path, now);
    const { engine, appended } = host;

    const running = await engine.startBackup({ instanceId: web1 });
    const types = await watched(running);

    assert.equal((await running.ended).status, 'succeeded');
    assert.equal(types.at(-1), 'SessionCompleted');
    const stream = `session-${running.sessionId}: `;
    const ofSession = appended.filter((each) => each.startsWith(stream));
    assert.deepEqual(
      ofSession,
      types.map((type) => stream + type),
    );
    const points: readonly PointManifest[] = await Array.fromAsync(engine.listPoints());
    const [point] = points;
    assert.ok(point !== undefined && point.takenAt < longAgo + 1_000_000);

    const to = path.join(folder.path, 'restored');
    const target = imageFolder({ folder: to, existing: 'refuse' });
    const restore = await engine.startRestore({ pointId: point.pointId, target });
    assert.equal((await restore.ended).status, 'succeeded');
    assert.deepEqual(
      await readFile(path.join(to, 'xvda.img')),
      await readFile(path.join(folder.path, 'disk.img')),
    );
  });

  it('cancels a session by its signal, and nothing of that is left', async () => {
    await using folder = await makeTemporaryFolder();
    await using host = await withOneDisk(folder.path, () => Date.now() as TimestampMs);
    const { engine, cloud } = host;
    const cancel = new AbortController();

    const running = await engine.startBackup({ instanceId: web1, signal: cancel.signal });
    const types: string[] = [];
    for await (const { event } of running.events()) {
      types.push(event.type);
      if (event.type === 'WorkerLaunched')
        cancel.abort(new Error('the host has something better to do'));
    }

    assert.equal((await running.ended).status, 'cancelled');
    assert.equal(types.at(-1), 'SessionCancelled');
    assert.deepEqual(await Array.fromAsync(engine.listPoints()), []);
    assert.deepEqual(await cloud.workers.find({ sessionId: running.sessionId }), []);
  });
});
