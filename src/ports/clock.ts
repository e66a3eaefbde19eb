import type { TimestampMs } from '../domain/identifiers.ts';

/** Time, so that a simulation can bring its own. */
export interface Clock {
  now(): TimestampMs;
  /**
   * Resolves after `durationMs`, or rejects with the signal's reason as soon as `signal` aborts.
   * Does not keep a process alive that has nothing else to do after an abort.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
