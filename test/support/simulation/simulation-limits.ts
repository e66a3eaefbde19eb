import type { EngineLimits } from '../../../src/engine/engine-limits.ts';
import type { FaultRates, HotSpot } from './fault-plan.ts';
import type { SeededPrng } from './seeded-prng.ts';

/** As on a real cloud, so that waiting is minutes of virtual time and few calls. */
export const simulationEngineLimits: EngineLimits = {
  retry: { attemptsMax: 4, firstDelayMs: 100, delayMaxMs: 2_000 },
  workerAttemptsMax: 3,
  directReadFailuresMax: 3,
  directReadsAtOnceMax: 2,
  workerHelloTimeoutMs: 60_000,
  workerSilenceMaxMs: 60_000,
  workerStandstillMaxMs: 30 * 60_000,
  workerBeatIntervalMs: 10_000,
  transferPollMinMs: 500,
  transferPollMaxMs: 5_000,
  transferEventIntervalMs: 2_000,
  snapshotPollMs: 5_000,
  snapshotTimeoutMs: 600_000,
  snapshotBatchMax: 2,
  snapshotMissesMax: 5,
  sessionPollMs: 5_000,
  offerMaxMs: 20_000,
  policyLookMaxMs: 60_000,
  maintenanceLookMaxMs: 10 * 60_000,
  maintenanceSessionsMax: 2,
  maintenanceWaitMaxMs: 3_600_000,
  maintenanceRetryMs: 3_600_000,
  reconcileEveryMs: 6 * 3_600_000,
};

/** How much goes wrong: a run has one of these. Rates are per call of a port. */
export interface Weather {
  readonly name: 'calm' | 'rough' | 'stormy';
  readonly engine: FaultRates;
  readonly worker: FaultRates;
  readonly outagesMax: number;
  readonly snapshotFailure: number;
}

export const weathers: readonly [Weather, ...Weather[]] = [
  {
    name: 'calm',
    engine: { fail: 0.002, hang: 0.002, crash: 0.003, refuse: 0.01 },
    worker: { fail: 0.002, hang: 0.002, crash: 0.004, refuse: 0.002 },
    outagesMax: 1,
    snapshotFailure: 0.03,
  },
  {
    name: 'rough',
    engine: { fail: 0.05, hang: 0.008, crash: 0.01, refuse: 0.05 },
    worker: { fail: 0.03, hang: 0.008, crash: 0.015, refuse: 0.005 },
    outagesMax: 3,
    snapshotFailure: 0.06,
  },
  {
    name: 'stormy',
    engine: { fail: 0.2, hang: 0.015, crash: 0.015, refuse: 0.15 },
    worker: { fail: 0.1, hang: 0.015, crash: 0.025, refuse: 0.01 },
    outagesMax: 5,
    snapshotFailure: 0.1,
  },
];

/** Where the outcome of one call decides much. */
const decisiveCalls: readonly [RegExp, ...RegExp[]] = [
  /^append SessionClaimed/,
  /^append SessionTakenOver/,
  /^append SessionStarted/,
  /^append SnapshotRequested/,
  /^append (FailureDetected|CancellationRequested)/,
  /^append RestorePointCommitted/,
  /^append RetentionDecided/,
  /^append Session(Completed|Failed|Cancelled|Released)/,
  /^create set/,
  /^copy snap/,
  /^find copies/,
  /^append Replica(Requested|Started|Failed)/,
  /^append (RemovalsBegun|HoldPlaced)/,
  /^find snapshots/,
  /^describe snap/,
  /^list blocks/,
  /^create (sessions|keys)/,
  /^create points/,
  // Whether a point exists decides how a session ends, so this is met more often.
  /^create points/,
  /^create points/,
  /^create control.*plan/,
  /^create control.*segments/,
  /^create control.*(hello|job|done)/,
  /^launch/,
  /^(create volume|attach)/,
  /^terminate/,
  /^delete snap/,
  /^delete (sessions|control)/,
  /^is .* present/,
  /^read blocks/,
];

const hotSpotRates: FaultRates = { fail: 0.35, hang: 0.15, crash: 0.12, refuse: 0.15 };

/** About half of all runs have one. */
export function anyHotSpot(prng: SeededPrng): HotSpot | null {
  return prng.chance(0.5) ? { what: prng.pick(decisiveCalls), rates: hotSpotRates } : null;
}
