import type { TimestampMs } from '../identifiers.ts';

/** What a rule sees of a snapshot set, a replica or a restore point. */
export interface ChainItem {
  readonly id: string;
  /** When its snapshots were taken, as the clock of that moment said. */
  readonly takenAt: TimestampMs;
  /**
   * Its session's place among the sessions of the instance: the order of the chain, whatever the
   * clocks said. A clock that was set back must not make the newest set look like the oldest.
   */
  readonly order: number;
}

/** Oldest first; ties are broken by id, so that every listing agrees. */
export function compareChainItems(a: ChainItem, b: ChainItem): number {
  if (a.order !== b.order) return a.order - b.order;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
