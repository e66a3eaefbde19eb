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
const usualRuns = { 'in-memory': 200, threadless: 5, threaded: 2, 'worker-processes': 2 } as const;
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

/** Fewer than one run in ten meets them; any of the others is missed by all of 200 less than once in a million times. */
const rareInRuns: ReadonlySet<string> = new Set([
  'HoldReleased',
  'maintenance by itself',
  'kept as CBT base alone',
]);

/*
 * The commands of `retention.stateful.test.ts` on the local cloud: disk images, their snapshots, replicas and
 * changed blocks are real files, and the repository has the native format. Most runs have ledger and objects
 * in memory and read blocks on the engine's own thread, because files that reach the disk and threads that
 * start would be nearly all that a run takes; `threadless` has both stores in files, `threaded` reads, encodes
 * and decodes on threads besides, `worker-processes` has everything as a vault has it, and workers that are processes.
 */
describe('the engine on the local cloud, whatever is asked of it,', () => {
  const kinds: readonly (readonly [LocalWorldKind, string])[] = [
    ['in-memory', ''],
    ['threadless', ', with ledger and repository in files'],
    ['threaded', ', with ledger and repository in files, on threads'],
    ['worker-processes', ', with workers that are processes'],
  ];
  for (const [kind, how] of kinds) {
    const inWorkedHistory = new Set<string>();
    const inRandomRuns = new Set<string>();
    const numRuns = Math.ceil(usualRuns[kind] * times);
    /** Gives what happened. */
    const playIn = async (
      seed: number,
      policy: ModelPolicy,
      commands: Iterable<CommandOn<FatefulInstance<LocalFate>>>,
    ): Promise<ReadonlySet<string>> => {
      const model = new ModelInstance();
      await using real = await LocalInstance.open(kind, seed, model.disk);
      await play({ model, real }, policy, commands);
      assert.deepEqual(await real.helpers(), [], 'no worker and no volume is left');
      return real.happened;
    };

    it(`keeps and removes in a worked history what a model on paper says${how}`, async () => {
      for (const what of await playIn(0, workedPolicy, workedHistory())) inWorkedHistory.add(what);
    });

    it(`does so in any history${how} (${numRuns} runs)`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.noShrink(fc.nat()),
          arbitraryPolicy,
          arbitraryCommands(localOffers),
          async (...asked) => {
            for (const what of await playIn(...asked)) inRandomRuns.add(what);
          },
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
      const missed = expectedToHappen.filter((what) => !inWorkedHistory.has(what));
      assert.deepEqual(missed, []);
      const launched = [inWorkedHistory.has('WorkerLaunched'), inRandomRuns.has('WorkerLaunched')];
      if (kind !== 'worker-processes') assert.deepEqual(launched, [false, false]);
      else assert.ok(launched.includes(true));
      // The few runs of the others may miss much.
      if (kind === 'in-memory' && times >= 1) {
        const missedByThem = expectedToHappen.filter(
          (what) => !rareInRuns.has(what) && !inRandomRuns.has(what),
        );
        assert.deepEqual(missedByThem, []);
      }
    });
  }
});
