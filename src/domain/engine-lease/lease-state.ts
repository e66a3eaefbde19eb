import { unreachable } from '../errors/unreachable.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { LeaseEvent } from './lease-events.ts';

export interface LeaseState {
  /** By the clock of the engine that has it; null: it has none. */
  readonly until: TimestampMs | null;
}

export const noLease: LeaseState = { until: null };

export function evolveLease(_state: LeaseState, event: LeaseEvent): LeaseState {
  switch (event.type) {
    case 'LeaseTaken':
    case 'LeaseRenewed':
      return { until: event.data.until };
    case 'LeaseGivenUp':
      return noLease;
    default:
      return unreachable(event);
  }
}

/**
 * Whether an engine has to be left its sessions.
 *
 * @param now by the clock of whoever asks
 * @param skewMaxMs how far that clock may be ahead of the engine's
 */
export function isLeaseHeld({ until }: LeaseState, now: TimestampMs, skewMaxMs: number): boolean {
  return until !== null && now < until + skewMaxMs;
}
