import type { SessionId, TimestampMs } from '../identifiers.ts';
import { isInForce, type PlacedHold } from '../instance/hold.ts';
import type { HistoryItem } from './history-items.ts';
import type { ItemRef } from './retention-plan.ts';
import type { KeepReason } from './retention-reasons.ts';

/** Reasons to keep items whatever the rules say, by item. */
export class Pins {
  readonly #reasons = new Map<string, KeepReason[]>();

  get all(): ReadonlyMap<string, readonly KeepReason[]> {
    return this.#reasons;
  }

  pin(id: string, reason: KeepReason): void {
    const known = this.#reasons.get(id);
    if (known === undefined) this.#reasons.set(id, [reason]);
    else known.push(reason);
  }

  /**
   * What sessions that have not ended work with. The session within which retention runs does not
   * need its own set any more; copies that are pending are needed whoever asks.
   */
  pinUsed(items: readonly HistoryItem<string>[], during: SessionId | null): void {
    for (const { id, usedBy, condition } of items) {
      for (const sessionId of usedBy) {
        if (sessionId === during && condition !== 'pending') continue;
        this.pin(id, { kind: 'in-use', sessionId });
      }
    }
  }

  /** Locks and legal holds that are in force, by when they were placed. */
  pinHeld(kind: ItemRef['kind'], holds: readonly PlacedHold[], now: TimestampMs): void {
    for (const { holdId, item, hold } of holds) {
      if (item.kind !== kind || !isInForce(hold, now)) continue;
      this.pin(item.id, { kind: hold.kind === 'lock' ? 'locked' : 'legal-hold', holdId });
    }
  }
}
