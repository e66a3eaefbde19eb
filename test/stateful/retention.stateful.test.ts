import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arbitrarySimulatedFate } from './backup-fate.ts';
import { arbitraryCommands, arbitraryPolicy } from './commands.ts';
import { ModelInstance } from './model-instance.ts';
import { SimulatedInstance } from './simulated-instance.ts';
import { play, runsOr, seedAskedFor } from './stateful-runs.ts';

/** Runs in CI: they take about half a minute of processor time. */
const runsDefault = 200;
const runs = runsOr(runsDefault);

/** What so many runs meet, or they prove less than they seem to. */
const expectedToHappen = [
  'SessionTakenOver',
  'RunTakenOver',
  'SnapshotRemoved',
  'ReplicaRemoved',
  'RestorePointExpired',
  'RestorePointRemoved',
  'WorkerLost',
  'SessionFailed',
  'SessionCancelled',
  'PolicyRunFailed',
  'PolicyRemoved',
  'HoldPlaced',
  'HoldReleased',
  'ExpirySet',
  'ObsoleteRuleSet',
  'RestoreCompleted',
  'maintenance by itself',
  'read allocated',
  'read changed',
  'the base moved',
  'kept as CBT base alone',
] as const;

/*
 * The real engine (sessions, runs, maintenance, the ledger, the domain) on the simulated cloud: there
 * a session costs milliseconds, snapshots and workers can fail, and an engine can be killed between any
 * two calls. `local-cloud.stateful.test.ts` has the same commands on real disks.
 */
describe('the engine, whatever is asked of it and whatever happens to it,', () => {
  const happened = new Set<string>();

  it(`keeps and removes what a model on paper says (${runs} runs)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.noShrink(fc.nat()),
        arbitraryPolicy,
        arbitraryCommands({
          fates: arbitrarySimulatedFate,
          scopesWithoutPolicy: ['image-level', 'snapshot-only'],
        }),
        async (seed, policy, commands) => {
          const model = new ModelInstance();
          const real = new SimulatedInstance(seed, model.disk);
          const playAll = async (): Promise<void> => {
            await real.createRepository();
            await play({ model, real }, policy, commands);
          };
          await real.world.scheduler.drive(playAll());
          for (const what of real.happened) happened.add(what);
        },
      ),
      { numRuns: runs, ...seedAskedFor() },
    );
  });

  it('has met what it is for', { skip: runs < runsDefault }, () => {
    assert.deepEqual(
      expectedToHappen.filter((what) => !happened.has(what)),
      [],
    );
  });
});
