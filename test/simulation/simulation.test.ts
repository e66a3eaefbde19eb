import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runSimulation, type SimulationReport } from './run-simulation.ts';

/** Runs in CI: they take about ten seconds. */
const runsDefault = 200;

const firstSeed = Number(process.env['SNAPLEDGER_SIMULATION_SEED'] ?? '1');
const runs = Number(process.env['SNAPLEDGER_SIMULATION_RUNS'] ?? runsDefault);

/** What a few hundred runs meet a dozen times at least, or they prove less than they seem to. */
const expectedToHappen = [
  'SessionTakenOver',
  'SnapshotAbandoned',
  'SnapshotRemoved',
  'WorkerLost',
  'RestorePointCommitted',
  'SessionFailed',
  'SessionCancelled',
  'Replicated',
  'ReplicaFailed',
  'ReplicaRemoved',
  'RestorePointExpired',
  'RestorePointRemoved',
  'HoldPlaced',
  'read changed (CBT)',
  'read allocated (first-backup)',
  'read allocated (cbt-disabled)',
  'read allocated (volume-resized)',
  'read everything (no-permission)',
] as const;

describe('the engine, whatever befalls it,', () => {
  const counts = new Map<string, number>();

  it(`leaves everything as it has to be: runs ${firstSeed} to ${firstSeed + runs - 1}`, async () => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
      const report = await runSimulation(String(seed));
      if (report.violations.length > 0) assert.fail(describeFailure(report));
      for (const [what, times] of report.counts) counts.set(what, (counts.get(what) ?? 0) + times);
    }
  });

  it('has met what a simulation is for', { skip: runs < runsDefault }, () => {
    assert.deepEqual(
      expectedToHappen.filter((what) => !counts.has(what)),
      [],
    );
  });
});

describe('a simulation', () => {
  it('is the same run each time for the same seed', async () => {
    for (const seed of ['3', '11', '17']) {
      const [once, again] = [await runSimulation(seed), await runSimulation(seed)];
      assert.deepEqual(again.history, once.history);
      assert.equal(again.wakeUps, once.wakeUps);
    }
  });
});

function describeFailure({ seed, violations, history }: SimulationReport): string {
  return [
    `the simulation with the seed ${seed} found:`,
    ...violations.map((violation) => `  - ${violation}`),
    'Repeat this one run with:',
    `  SNAPLEDGER_SIMULATION_SEED=${seed} SNAPLEDGER_SIMULATION_RUNS=1 node --test test/simulation/simulation.test.ts`,
    'What happened:',
    ...history,
  ].join('\n');
}
