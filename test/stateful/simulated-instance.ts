import assert from 'node:assert/strict';
import type { StartedBackup } from '../../src/domain/backup-session/backup-session.ts';
import type { PointId, SessionId } from '../../src/domain/identifiers.ts';
import type { ReplicaItem } from '../../src/domain/retention/history-items.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type DiskContent, diskSizeBytes } from '../support/simulation/cloud/disk-content.ts';
import { simulatedRegions } from '../support/simulation/cloud/simulated-replicas.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { type SimulatedEngine, startEngine } from '../support/simulation/simulated-engine.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';
import type { SimulatedFate } from './backup-fate.ts';
import { assertPointRestores, existingItems, sessionIdOf, stateOfSession } from './engine-facts.ts';
import type { ModelPolicy } from './model-instance.ts';
import { type PolicyPlace, policyOf } from './policy-of.ts';
import { type BackupToMeet, type FatefulInstance, web } from './real-instance.ts';

const device = '/dev/xvda';
const place: PolicyPlace = {
  replicaRegion: simulatedRegions.at(0) ?? assert.fail('there is a region'),
  transport: 'worker',
};

/** Everything below the engine is simulated: the cloud, the stores, the format, and time. */
export class SimulatedInstance implements FatefulInstance<SimulatedFate> {
  readonly world: SimulatedWorld;
  readonly happened = new Set<string>();
  #running: SimulatedEngine;
  #enginesStarted = 1;

  constructor(seed: number, disk: DiskContent) {
    this.world = new SimulatedWorld(createSeededPrng(String(seed)));
    this.world.faults.switchOff();
    this.world.disks.add(web, [{ device, content: disk }]);
    let seen = 0;
    this.world.log.onAppend(() => {
      const { events } = this.world.log;
      for (const { type } of events.slice(seen)) this.happened.add(type);
      seen = events.length;
    });
    this.#running = startEngine(this.world, 'engine-1', 'flawless');
  }

  now(): number {
    return this.world.scheduler.now() + this.world.clocksAheadMs;
  }

  get engine(): Engine {
    return this.#running.engine;
  }

  async createRepository(): Promise<void> {
    await makeRepository(this.world);
  }

  setPolicy(policy: ModelPolicy): Promise<void> {
    return this.engine.setPolicy(policyOf(policy, place));
  }

  wait(durationMs: number): Promise<void> {
    return this.world.scheduler.after(durationMs);
  }

  setClocks(byMs: number): void {
    this.world.clocksAheadMs += byMs;
  }

  write(block: number, word: number): Promise<void> {
    this.world.disks.write(web, device, block, word);
    return Promise.resolve();
  }

  terminate(): Promise<void> {
    this.world.disks.remove(web);
    return Promise.resolve();
  }

  async backUp(fate: SimulatedFate, backup: BackupToMeet): Promise<void> {
    const { world } = this;
    const canceller = new AbortController();
    if (fate.kind === 'snapshots-fail') world.failing = 'snapshots';
    if (fate.kind === 'workers-die') world.failing = 'workers';
    const begun = backup.begin(canceller.signal);
    if (fate.kind === 'killed') {
      // Nothing that a dead engine promised ever comes.
      void begun.catch(() => undefined);
      await world.scheduler.after(fate.afterMs);
      await this.#killAndSucceed(backup);
      return;
    }
    if (fate.kind === 'cancelled') {
      world.scheduler.schedule(fate.afterMs, () => {
        canceller.abort(new Error('enough'));
      });
    }
    await (
      await begun
    ).ended;
    world.failing = 'nothing';
  }

  /**
   * Kills the engine where it is, and lets another one bring everything to its end; a run of the policy
   * by the loop, which then does what else is due.
   */
  async #killAndSucceed({ by }: BackupToMeet): Promise<void> {
    this.#running.process.kill('the test');
    this.#enginesStarted += 1;
    this.#running = startEngine(this.world, `engine-${this.#enginesStarted}`, 'flawless');
    if (by === 'a-run') await this.engine.runPolicies({ until: 'none-due' });
    for (const { ended } of await this.engine.resumeInterrupted()) await ended;
  }

  get sessionIds(): readonly SessionId[] {
    return this.world.log.events
      .filter(({ type }) => type === 'SessionStarted')
      .map(({ stream }) => sessionIdOf(stream));
  }

  stateOf(sessionId: SessionId): Promise<StartedBackup> {
    return stateOfSession(this.engine, sessionId);
  }

  existing(named: readonly ReplicaItem[]): Promise<readonly string[]> {
    const { snapshots, replicas } = this.world;
    return existingItems(this.engine, named, {
      setIds: snapshots.existing.map(({ description }) => description.setId),
      copyIds: replicas.existing.map(({ description }) => description.snapshotId),
    });
  }

  assertRestores(pointId: PointId, content: DiskContent): Promise<void> {
    const disk = { content, sizeBytes: diskSizeBytes(content) };
    return assertPointRestores(this.engine, pointId, disk);
  }
}
