import type { TimestampMs } from '../../../domain/identifiers.ts';
import type { Retention } from '../../../ports/object-store.ts';
import type { PointManifest } from '../../restore-point.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Locks end at whole multiples of so many days since 1970: all that is stored or prolonged within one
 * generation has the same date, and what later points of it share has not to be prolonged once more.
 */
export const lockGenerationDays = 10;

/** Until when a point that is made now is locked, and all that it needs. */
export interface PointLock {
  /** Its date: nobody can remove it before. */
  readonly until: TimestampMs;
  /** The end of the generation of that date: what objects are given. */
  readonly retainUntil: TimestampMs;
}

export function pointLockAt({ pointDays }: Retention, now: TimestampMs): PointLock {
  const until = (now + pointDays * dayMs) as TimestampMs;
  const generationMs = lockGenerationDays * dayMs;
  const retainUntil = (Math.ceil(until / generationMs) * generationMs) as TimestampMs;
  return { until, retainUntil };
}

/** Whether the point's date is still to come. */
export function isLocked(
  { lockedUntil }: Pick<PointManifest, 'lockedUntil'>,
  now: TimestampMs,
): boolean {
  return lockedUntil !== undefined && now < lockedUntil;
}
