import type { TimestampMs } from '../identifiers.ts';
import type { RunParts } from '../policy/run-parts.ts';

/** A session of the simulated instance. */
export interface SimulatedSession {
  /** From 1. */
  readonly number: number;
  readonly startedAt: TimestampMs;
  readonly scope: RunParts['scope'];
  readonly outcome: 'succeeded' | 'failed';
}
