import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arbitraryCommands, arbitraryPolicy } from './commands.ts';
import { ModelInstance } from './model-instance.ts';
import { RealInstance } from './real-instance.ts';

/** Runs in CI: they take about half a minute of processor time. */
const runsDefault = 200;

/** More by the environment, for a night of it. */
const runs = Number(process.env['SNAPLEDGER_STATEFUL_RUNS'] ?? runsDefault);
const seedText = process.env['SNAPLEDGER_STATEFUL_SEED'];

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
] as const;

/*
 * The real engine (sessions, runs, maintenance, the ledger, the domain) on the simulated cloud: there
 * time is virtual, so that days pass in no time, a session costs milliseconds, and an engine can be
 * killed between any two calls. On the local cloud each image-level session is a process.
 */
describe('the engine, whatever is asked of it and whatever happens to it,', () => {
  const happened = new Set<string>();

  it(`keeps and removes what a model on paper says (${runs} runs)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.noShrink(fc.nat()),
        arbitraryPolicy,
        arbitraryCommands,
        async (seed, policy, commands) => {
          const model = new ModelInstance();
          model.policy = policy;
          const real = new RealInstance(seed, model.disk);
          const play = async (): Promise<void> => {
            await real.prepare(policy);
            await fc.asyncModelRun(() => ({ model, real }), commands);
          };
          await real.world.scheduler.drive(play());
          for (const { type } of real.world.log.events) happened.add(type);
          if (real.maintainedByItself > 0) happened.add('maintenance by itself');
        },
      ),
      { numRuns: runs, ...(seedText === undefined ? {} : { seed: Number(seedText) }) },
    );
  });

  it('has met what it is for', { skip: runs < runsDefault }, () => {
    assert.deepEqual(
      expectedToHappen.filter((what) => !happened.has(what)),
      [],
    );
  });
});
