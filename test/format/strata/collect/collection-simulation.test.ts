import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { foundScenarios } from './simulation/found-scenarios.ts';
import { runCollectionSimulation } from './simulation/run-collection-simulation.ts';
import type { SweepOutcome, SweepRequest } from './simulation/sweep-thread.ts';

/** Runs in the gate: they take some fifty seconds of one processor, or half of that of two. */
const runsDefault = 2000;
const runs = Number(process.env['SNAPLEDGER_COLLECTION_RUNS'] ?? runsDefault);
const seed = Number(process.env['SNAPLEDGER_COLLECTION_SEED'] ?? '1');
/** Each has seeds of its own, from `seed` on. */
const threads = 2;

/** What so many runs meet several times at least, or they prove less than they seem to. */
const expectedToHappen = [
  'committed',
  'discarded',
  'fenced',
  'died',
  'point removed',
  'condemned',
  'removed',
  'overtaken',
  'parent gone',
  'parent condemned',
  'repacked',
  'repack overtaken',
  'damaged',
  'repaired',
  'repair overtaken',
  'point locked',
  'rotated',
  'rotated meanwhile',
];

describe('collection beside writers, other collectors and crashes', () => {
  for (const { what, scenario, meets } of foundScenarios) {
    it(`takes nothing when ${what}`, async () => {
      const { violations, events } = await runCollectionSimulation(scenario);
      assert.deepEqual(violations, []);
      for (const event of meets) assert.ok(events.has(event), `${event} does not happen`);
    });
  }

  it('takes nothing from a point, and leaves nothing dead', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: threads }, (_, thread) =>
        sweep({ runs: Math.ceil(runs / threads), seed: seed + thread }),
      ),
    );
    for (const { failure } of outcomes) assert.equal(failure, null, failure ?? '');
    if (runs < runsDefault) return;
    for (const event of expectedToHappen) {
      const times = outcomes.reduce((sum, { met }) => sum + (met.get(event) ?? 0), 0);
      assert.ok(times >= 5, `${event}: ${times} times`);
    }
  });
});

async function sweep(request: SweepRequest): Promise<SweepOutcome> {
  const script = new URL('simulation/sweep-thread.ts', import.meta.url);
  const thread = new Worker(script, { workerData: request });
  const [outcome] = (await once(thread, 'message')) as [SweepOutcome];
  await thread.terminate();
  return outcome;
}
