import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arbitraryCommands, arbitraryPolicy } from './commands.ts';
import { LocalInstance } from './local-instance.ts';
import { localOffers } from './local-offers.ts';
import { ModelInstance } from './model-instance.ts';
import { play, runsOr, seedAskedFor } from './stateful-runs.ts';
import { workedHistory, workedPolicy } from './worked-history.ts';

/** Runs in CI: a session starts threads, so that each run takes about a second of processor time. */
const runs = runsOr(10);
/** Enough on a machine with much else to do; it ends the shrinking of a failure before its test is ended. */
const timeMaxMs = runs * 12_000;

/** What the first run meets for sure, whose history is written by hand; the others have more of it. */
const expectedToHappen = [
  'SnapshotRemoved',
  'ReplicaRemoved',
  'RestorePointExpired',
  'RestorePointRemoved',
  'SessionCancelled',
  'HoldPlaced',
  'HoldReleased',
  'ExpirySet',
  'RestoreCompleted',
  'maintenance by itself',
  'read allocated',
  'read changed',
  'the base moved',
  'kept as CBT base alone',
] as const;

/*
 * The commands of `retention.stateful.test.ts` with everything below the engine real: the ledger in
 * SQLite, the repository in files, the native format, disk images, snapshots and replicas of the local
 * cloud. Blocks are read in the engine's process, because each worker would be another one. Only time
 * is virtual.
 */
describe('the engine on the local cloud, whatever is asked of it,', () => {
  const happened = new Set<string>();

  it(`keeps and removes what a model on paper says (${runs} runs)`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.noShrink(fc.nat()),
        arbitraryPolicy,
        arbitraryCommands(localOffers),
        async (seed, policy, commands) => {
          const model = new ModelInstance();
          await using real = await LocalInstance.open(seed, model.disk);
          await play({ model, real }, policy, commands);
          for (const what of real.happened) happened.add(what);
        },
      ),
      {
        numRuns: runs,
        interruptAfterTimeLimit: timeMaxMs,
        markInterruptAsFailure: true,
        ...seedAskedFor(),
        examples: [[0, workedPolicy, workedHistory()]],
      },
    );
  });

  it('has met what it is for', () => {
    assert.deepEqual(
      expectedToHappen.filter((what) => !happened.has(what)),
      [],
    );
  });
});
