import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Plan,
  runCollectionSimulation,
  type Scenario,
} from './simulation/run-collection-simulation.ts';

/** Runs in CI: they take some twenty seconds. */
const runsDefault = 300;
const runs = Number(process.env['SNAPLEDGER_COLLECTION_RUNS'] ?? runsDefault);
const seed = Number(process.env['SNAPLEDGER_COLLECTION_SEED'] ?? '1');

const plans: fc.Arbitrary<Plan> = fc.record({
  work: fc.constantFrom(
    'backup-changed',
    'backup-changed',
    'backup-allocated',
    'collect',
    'collect',
    'fence',
    'remove',
    'remove',
  ),
  instance: fc.constantFrom(0, 0, 1),
  diesAt: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 1 }),
  lastRequest: fc.constantFrom('lost', 'performed'),
  sleep: fc.option(
    fc.record({ at: fc.integer({ min: 2, max: 40 }), ends: fc.integer({ min: 1, max: 4 }) }),
    { freq: 1 },
  ),
});

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  atOnceMax: fc.integer({ min: 1, max: 5 }),
  plans: fc.array(plans, { minLength: 6, maxLength: 16 }),
});

/** What a few hundred runs meet a dozen times at least, or they prove less than they seem to. */
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
];

describe('collection beside writers, other collectors and crashes', () => {
  it('takes nothing from a point, and leaves nothing dead', async () => {
    const met = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const { violations, events } = await runCollectionSimulation(scenario);
        for (const [event, count] of events) met.set(event, (met.get(event) ?? 0) + count);
        assert.deepEqual(violations, []);
      }),
      { numRuns: runs, seed },
    );
    for (const event of expectedToHappen) {
      if (runs < runsDefault) continue;
      assert.ok((met.get(event) ?? 0) >= 12, `${event}: ${met.get(event) ?? 0} times`);
    }
  });
});
