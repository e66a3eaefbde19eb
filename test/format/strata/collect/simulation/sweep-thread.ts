import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { scenarios } from './draw-scenarios.ts';
import { runCollectionSimulation } from './run-collection-simulation.ts';

/** What a thread of the simulation is to do. */
export interface SweepRequest {
  readonly runs: number;
  readonly seed: number;
}

export interface SweepOutcome {
  /** What happened, and how often. */
  readonly met: ReadonlyMap<string, number>;
  /** The scenario that went wrong, with its seed; null: none did. */
  readonly failure: string | null;
}

/*
 * Threads, because the runs need more than one processor, and because the test runner follows every promise:
 * in its own thread they take twice as long.
 */
const { runs, seed } = workerData as SweepRequest;
const met = new Map<string, number>();
const property = fc.asyncProperty(scenarios, async (scenario) => {
  const { violations, events } = await runCollectionSimulation(scenario);
  for (const [event, count] of events) met.set(event, (met.get(event) ?? 0) + count);
  if (violations.length > 0) throw new Error(violations.join('\n'));
});
const details = await fc.check(property, { numRuns: runs, seed });
const failure = details.failed ? fc.defaultReportMessage(details) : null;
const outcome: SweepOutcome = { met, failure: failure ?? null };
parentPort?.postMessage(outcome);
