import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceName, InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { VolumeSelection } from '../../src/domain/policy/volume-selection.ts';
import { createSeededPrng } from '../support/simulation/seeded-prng.ts';
import { startEngine } from '../support/simulation/simulated-engine.ts';
import { makeRepository } from '../support/simulation/make-repository.ts';
import { SimulatedWorld } from '../support/simulation/simulated-world.ts';

const instanceId = 'i-1' as InstanceId;

/** Backs an instance with a root and a data volume up, and gives what its session recorded. */
async function backUp(volumes: VolumeSelection): Promise<string> {
  const world = new SimulatedWorld(createSeededPrng('excluded volumes'));
  world.faults.switchOff();
  await makeRepository(world);
  world.disks.add(instanceId, [
    { device: '/dev/xvda', content: [1] },
    { device: '/dev/xvdb', content: [2] },
  ]);
  const run = async (): Promise<string> => {
    const { engine } = startEngine(world, 'engine', 'flawless');
    const usual = defaultPolicy('nightly' as PolicyId, [instanceId]);
    await engine.setPolicy({ ...usual, volumes, image: { ...usual.image, level: 'off' } });
    const session = await engine.startBackup({ instanceId });
    const { status, problems } = await session.ended;
    const words = [status, ...problems.map(({ code }) => code)];
    for await (const { event } of session.events()) {
      if (event.type === 'InstanceInspected') {
        const excluded = event.data.excluded.map(({ device, reason }) => `${device} (${reason})`);
        words.push(`without ${excluded.join(', ')}`);
      }
      if (event.type === 'SnapshotTaken') {
        words.push(`took ${event.data.snapshots.map(({ device }) => device).join(', ')}`);
      }
    }
    return words.join('; ');
  };
  return world.scheduler.drive(run());
}

describe('a session of an instance of which the policy leaves volumes out', () => {
  it('takes snapshots of the others only, and records which are left out, and why', async () => {
    const device = '/dev/xvdb' as DeviceName;
    assert.equal(
      await backUp({ roles: 'all', exclude: [{ kind: 'device', device }] }),
      'succeeded; without /dev/xvdb (device); took /dev/xvda',
    );
    assert.equal(
      await backUp({ roles: 'data', exclude: [] }),
      'succeeded; without /dev/xvda (role); took /dev/xvdb',
    );
  });

  it('fails when nothing is left, and takes nothing', async () => {
    const device = '/dev/xvda' as DeviceName;
    assert.equal(
      await backUp({ roles: 'root', exclude: [{ kind: 'device', device }] }),
      'failed; NOTHING_SELECTED',
    );
  });
});
