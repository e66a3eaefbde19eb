import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { vaultLayout } from '../../../src/vault/vault-layout.ts';
import type { OpenTestVault } from './open-test-vault.ts';
import { processesOf } from './processes-of.ts';

/**
 * Holds a vault in which no session is at work to what must be left of its sessions: restore
 * points and listed snapshots, and nothing else.
 */
export async function assertNothingLeft(vault: OpenTestVault): Promise<void> {
  const { folder } = vault;
  assert.deepEqual(await processesOf(folder), [], 'no process of the vault runs');
  const cloudFolder = vaultLayout(folder).cloud;
  for (const kind of ['volumes', 'workers']) {
    assert.deepEqual(await readdir(path.join(cloudFolder, kind)), [], `no ${kind} are left`);
  }
  const partials = (await readdir(cloudFolder, { recursive: true })).filter((name) =>
    path.basename(name).startsWith('.'),
  );
  assert.deepEqual(partials, [], 'nothing partial is left in the cloud');
  await assertSnapshotsListed(vault);
  await assertReplicasListed(vault);
  await assertRepositoryTidy(vault);
  const sessions = await vault.engine.listSessions();
  assert.deepEqual(
    sessions.filter(({ condition }) => condition !== 'ended'),
    [],
    'every session has ended',
  );
}

/** Every snapshot that exists is one of its instance's chain, and complete. */
async function assertSnapshotsListed({ engine, cloud, folder }: OpenTestVault): Promise<void> {
  const listed: string[] = [];
  for (const { instanceId } of await engine.listInstances()) {
    const { snapshots } = (await engine.describeItems(instanceId)).plan;
    const sets = [...snapshots.keep, ...snapshots.remove].map(({ id }) => id).sort();
    const existing = await cloud.snapshots.listOf(instanceId);
    const existingSets = [...new Set(existing.map(({ setId }) => setId))].sort();
    assert.deepEqual(existingSets, sets, 'the chain lists what exists, and what it lists exists');
    const incomplete = existing.filter(({ state }) => state !== 'completed');
    assert.deepEqual(incomplete, [], 'all snapshots are complete');
    listed.push(...sets);
  }
  const onDisk = await readdir(path.join(vaultLayout(folder).cloud, 'snapshots'));
  assert.deepEqual(onDisk.sort(), listed.sort(), 'no snapshot set lies in the cloud unlisted');
}

/** Every copy that exists is one of a replica that the ledger knows, and the other way round. */
async function assertReplicasListed({ engine, folder }: OpenTestVault): Promise<void> {
  const listed: string[] = [];
  for (const { instanceId } of await engine.listInstances()) {
    const { history } = await engine.describeItems(instanceId);
    for (const { target, snapshots } of history.replicas) {
      listed.push(...snapshots.map(({ snapshotId }) => `${target.region}/${snapshotId}`));
    }
  }
  const regions = path.join(vaultLayout(folder).cloud, 'regions');
  const existing: string[] = [];
  for (const region of await readdir(regions)) {
    for (const copy of await readdir(path.join(regions, region)))
      existing.push(`${region}/${copy}`);
  }
  assert.deepEqual(existing.sort(), listed.sort(), 'the copies are those of the replicas');
}

async function assertRepositoryTidy({ engine, dependencies }: OpenTestVault): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of dependencies.objectStore.list('')) keys.push(key);
  const temporary = keys.filter((key) => /^(control|sessions)\//.test(key));
  assert.deepEqual(temporary, [], 'the repository holds nothing that only a session needs');
  // Records of points that were removed stay until they are collected.
  const removed = keys.flatMap((key) => /^points\/[^/]+\/(.+)\.removed$/.exec(key)?.[1] ?? []);
  // What points need may have been moved, by sessions that made no point.
  const movers = (await engine.listSessions()).filter(
    ({ kind }) => kind === 'repacking' || kind === 'repair',
  );
  const points = new Set([
    ...removed,
    ...movers.map(({ sessionId }) => String(sessionId)),
    ...(await Array.fromAsync(engine.listPoints())).map(({ pointId }) => String(pointId)),
  ]);
  const owners = keys
    .filter((key) => /^(keys|packs)\//.test(key))
    .map((key) => key.split('/')[1] ?? key);
  const orphans = [...new Set(owners).difference(points)];
  assert.deepEqual(orphans, [], 'all keys and packs belong to a restore point');
}
