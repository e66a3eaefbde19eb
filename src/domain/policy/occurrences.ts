import type { TimestampMs } from '../identifiers.ts';
import { cronExpressionsOf, type Schedule } from './schedule.ts';

/** A cron expression of five fields, in a time zone. */
export interface CronTime {
  readonly expression: string;
  readonly timeZone: string;
}

/**
 * What the domain has to be told about cron expressions; deterministic. docs/policies.md says what
 * happens when clocks change.
 */
export interface Occurrences {
  /** The first occurrence after `after`; null when there is none ever. */
  readonly next: (cron: CronTime, after: TimestampMs) => TimestampMs | null;
  /** What is wrong with an expression; null when it can be used. */
  readonly problemOf: (expression: string) => string | null;
}

/** The first occurrence of any of the schedules after `after`; null when there is none ever. */
export function nextOccurrence(
  schedules: readonly Schedule[],
  timeZone: string,
  after: TimestampMs,
  occurrences: Occurrences,
): TimestampMs | null {
  const times = schedules
    .flatMap(cronExpressionsOf)
    .flatMap((expression) => occurrences.next({ expression, timeZone }, after) ?? []);
  return times.length === 0 ? null : (Math.min(...times) as TimestampMs);
}
