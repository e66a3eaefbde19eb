import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { arbitraryCommands, arbitraryPolicy } from './commands.ts';
import type { CommandOn } from './back-up.ts';
import type { LocalFate } from './backup-fate.ts';
import { LocalInstance } from './local-instance.ts';
import type { LocalWorldKind } from '../support/local-cloud/local-world.ts';
import { localOffers } from './local-offers.ts';
import { ModelInstance, type ModelPolicy } from './model-instance.ts';
import type { FatefulInstance } from './real-instance.ts';
import { play, runsOr, seedAskedFor } from './stateful-runs.ts';
import { workedHistory, workedPolicy } from './worked-history.ts';

/** Runs in CI of each kind; asked for more, all have so many times as many. */
const usualRuns = { 'in-memory': 200, threadless: 5, 'worker-processes': 2 } as const;
const times = runsOr(usualRuns['in-memory']) / usualRuns['in-memory'];

/** What the worked history meets for sure; the others have more of it. */
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
 * The commands of `retention.stateful.test.ts` on the local cloud: disk images, their snapshots, replicas and
 * changed blocks are real files, and the repository has the native format. Most runs have ledger and objects
 * in memory and read blocks on the engine's own thread, because files that reach the disk and threads that
 * start would be nearly all that a run takes; `threadless` has both stores in files, `worker-processes`
 * everything as a vault has it, with threads, and workers that are processes.
 */
describe('the engine on the local cloud, whatever is asked of it,', () => {
  const kinds: readonly (readonly [LocalWorldKind, string])[] = [
    ['in-memory', ''],
    ['threadless', ', with ledger and repository in files'],
    ['worker-processes', ', with workers that are processes'],
  ];
  for (const [kind, how] of kinds) {
    const happened = new Set<string>();
    const numRuns = Math.ceil(usualRuns[kind] * times);
    const playIn = async (
      seed: number,
      policy: ModelPolicy,
      commands: Iterable<CommandOn<FatefulInstance<LocalFate>>>,
    ): Promise<void> => {
      const model = new ModelInstance();
      await using real = await LocalInstance.open(kind, seed, model.disk);
      await play({ model, real }, policy, commands);
      assert.deepEqual(await real.helpers(), [], 'no worker and no volume is left');
      for (const what of real.happened) happened.add(what);
    };

    it(`keeps and removes in a worked history what a model on paper says${how}`, () =>
      playIn(0, workedPolicy, workedHistory()));

    it(`does so in any history${how} (${numRuns} runs)`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.noShrink(fc.nat()),
          arbitraryPolicy,
          arbitraryCommands(localOffers),
          playIn,
        ),
        {
          numRuns,
          // Enough on a machine with much else to do; it ends the shrinking of a failure before its test is ended.
          interruptAfterTimeLimit: 150_000 * Math.max(1, times),
          markInterruptAsFailure: true,
          ...seedAskedFor(),
        },
      );
    });

    it(`has met what it is for${how}`, () => {
      const missed = expectedToHappen.filter((what) => !happened.has(what));
      assert.deepEqual(missed, []);
      assert.equal(happened.has('WorkerLaunched'), kind === 'worker-processes');
    });
  }
});
