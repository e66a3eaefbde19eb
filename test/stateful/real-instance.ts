import assert from 'node:assert/strict';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import { blockSizeBytes } from '../../src/domain/block-size.ts';
import type { InstanceId, PointId, PolicyId, SessionId } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { ReplicaItem } from '../../src/domain/retention/history-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type DiskContent, readContent } from '../support/simulation/cloud/disk-content.ts';
import { simulatedRegions } from '../support/simulation/cloud/simulated-replicas.ts';
import { createMemoryImageTarget } from '../support/simulation/memory-image-target.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';
import type { ModelPolicy } from './model-instance.ts';

export const web = 'i-web' as InstanceId;
export const policyId = 'of-web' as PolicyId;
const device = '/dev/xvda';
const region = simulatedRegions.at(0) ?? assert.fail('there is a region');

/** The real engine in virtual time, and what can be done to it and to its world. */
export class RealInstance {
  readonly world: SimulatedWorld;
  maintainedByItself = 0;
  #running: SimulatedEngine;
  #enginesStarted = 1;

  constructor(seed: number, disk: DiskContent) {
    this.world = new SimulatedWorld(createSeededPrng(String(seed)));
    this.world.faults.switchOff();
    this.world.disks.add(web, [{ device, content: disk }]);
    this.#running = startEngine(this.world, 'engine-1', 'flawless');
  }

  /** As the engine has it. */
  now(): number {
    return this.world.scheduler.now() + this.world.clocksAheadMs;
  }

  get engine(): Engine {
    return this.#running.engine;
  }

  async prepare(policy: ModelPolicy): Promise<void> {
    await makeRepository(this.world);
    await this.engine.setPolicy(policyOf(policy));
  }

  /**
   * Kills the engine where it is, and lets another one bring everything to its end; a run of the policy
   * by the loop, which then does what else is due.
   */
  async killAndSucceed(by: 'resume' | 'loop'): Promise<void> {
    this.#running.process.kill('the test');
    this.#enginesStarted += 1;
    this.#running = startEngine(this.world, `engine-${this.#enginesStarted}`, 'flawless');
    if (by === 'loop') await this.engine.runPolicies({ until: 'none-due' });
    for (const { ended } of await this.engine.resumeInterrupted()) await ended;
  }

  /** Of backups and maintenance, in the order in which they began. */
  get sessionIds(): readonly SessionId[] {
    return this.world.log.events
      .filter(({ type }) => type === 'SessionStarted')
      .map(({ stream }) => stream.slice('session-'.length) as SessionId);
  }

  async stateOf(sessionId: SessionId): Promise<StartedBackup> {
    const events = await Array.fromAsync(this.engine.replay(sessionId));
    const state = events.at(-1)?.state;
    assert.ok(state !== undefined && state.status !== 'not-started' && 'scope' in state);
    return state;
  }

  /** What exists: in the cloud and in the repository, not in the ledger, which only names the replicas. */
  async existing(named: readonly ReplicaItem[]): Promise<readonly string[]> {
    const { snapshots, replicas } = this.world;
    const sets = snapshots.existing.map(({ description }) => description.setId);
    const copies = new Set<string>(
      replicas.existing.map(({ description }) => description.snapshotId),
    );
    const replicaSets = named.filter((replica) =>
      replica.snapshots.some(({ snapshotId }) => copies.delete(snapshotId)),
    );
    assert.deepEqual([...copies], [], 'every copy is of a replica that the ledger knows');
    const points = await Array.fromAsync(this.engine.listPoints());
    return [
      ...new Set(sets),
      ...replicaSets.map(({ id }) => id),
      ...points.map(({ pointId }) => pointId),
    ].toSorted();
  }

  async assertRestores(pointId: PointId, content: DiskContent): Promise<void> {
    const target = createMemoryImageTarget();
    const { status } = await (await this.engine.startRestore({ pointId, target })).ended;
    assert.equal(status, 'succeeded', `point ${pointId} can be restored`);
    const expected = new Uint8Array(content.length * blockSizeBytes);
    readContent(content, 0, expected);
    const [image] = target.images;
    assert.ok(
      image !== undefined && Buffer.compare(image.bytes, expected) === 0,
      `${pointId}: as it was`,
    );
  }
}

export function policyOf({
  count,
  days,
  image,
  cbt,
  baseMoves,
  replicas,
  points,
}: ModelPolicy): BackupPolicy {
  const usual = defaultPolicy(policyId, [web]);
  const age = days === null ? null : ({ amount: days, unit: 'days' } as const);
  const keep = (newest: number | null) => ({ count: newest, age: null, gfs: null });
  return {
    ...usual,
    snapshots: { schedules: [], retention: { count, age, gfs: null }, baseMoves },
    replicas:
      replicas === null
        ? []
        : [{ target: { region, keyId: null }, schedules: [], retention: keep(replicas) }],
    image: { ...usual.image, level: image, changedBlockTracking: cbt, retention: keep(points) },
    retry: { attemptsMax: 1, waitMinutes: 1 },
  };
}
