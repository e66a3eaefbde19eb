import type { HoldId, TimestampMs } from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { known, type Sensitive } from '../sensitive/sensitive.ts';

/** What forbids the removal of an item, whatever the rules say. */
export type Hold =
  /** Until it is released. */
  | { readonly kind: 'legal-hold'; readonly note: string }
  /** Until this moment; it cannot be released before, and another lock can only come on top. */
  | { readonly kind: 'lock'; readonly until: TimestampMs };

/** The same as it is recorded. */
export type RecordedHold =
  | { readonly kind: 'legal-hold'; readonly note: Sensitive<string> }
  | Extract<Hold, { readonly kind: 'lock' }>;

export function recordHold(hold: Hold): RecordedHold {
  return hold.kind === 'lock' ? hold : { kind: 'legal-hold', note: known(hold.note) };
}

export interface PlacedHold {
  readonly holdId: HoldId;
  readonly item: ItemRef;
  readonly hold: RecordedHold;
  readonly placedAt: TimestampMs;
}

/** The expiry of an item made by hand, as it was last set; null: it never expires. */
export interface OwnExpiry {
  readonly item: ItemRef;
  readonly expiresAt: TimestampMs | null;
}

/** An item that a hold, or a later expiry, took out of what was to be removed. */
export interface WithheldItem {
  readonly item: ItemRef;
  /** The hold; null: an item made by hand whose expiry was put off. */
  readonly holdId: HoldId | null;
}

/** Whether a hold that was not released still forbids anything: a lock is over at its moment. */
export function isInForce(hold: Hold | RecordedHold, now: TimestampMs): boolean {
  return hold.kind === 'legal-hold' || now < hold.until;
}
