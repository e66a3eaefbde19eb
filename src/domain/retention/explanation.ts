import type { HoldId, PointId, SessionId, TimestampMs } from '../identifiers.ts';
import type { GfsFlagName, KeepReason, RemoveReason } from './retention-reasons.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';

/** Why an item is where it is. */
export type Explanation =
  /** It is there, and by today's rules stays. */
  | {
      readonly state: 'stays';
      readonly takenAt: TimestampMs;
      readonly reasons: readonly ExplainedReason[];
      /** When the last reason is over; null when that is not a matter of time alone. */
      readonly until: TimestampMs | null;
    }
  /** It is there, and the next retention removes it. */
  | {
      readonly state: 'goes';
      readonly takenAt: TimestampMs;
      readonly reasons: readonly RemoveReason[];
    }
  /** A restore point that left the chain, or leaves it now; its data is still there. */
  | {
      readonly state: 'expired';
      readonly takenAt: TimestampMs;
      /** Null: the next retention lets it leave. */
      readonly expiredAt: TimestampMs | null;
      readonly reasons: readonly RemoveReason[];
      /** What keeps its data; empty: the next retention deletes it. */
      readonly held: readonly ExplainedReason[];
      readonly until: TimestampMs | null;
    }
  | {
      readonly state: 'removed';
      readonly takenAt: TimestampMs;
      readonly removedBy: SessionId;
      /** Null: the session is of a time when that was not recorded. */
      readonly decidedAt: TimestampMs | null;
      readonly reasons: readonly RemoveReason[];
    };

export interface ExplainedReason {
  readonly reason: KeepReason;
  readonly release: Release;
}

/** What would end a reason to keep. */
export type Release =
  | { readonly kind: 'time'; readonly at: TimestampMs }
  /** So many more items of the chain. */
  | { readonly kind: 'newer-items'; readonly count: number }
  /** So many more days, weeks, months or years that have an item. */
  | { readonly kind: 'newer-periods'; readonly flag: GfsFlagName; readonly count: number }
  /** The next image-level session that commits a restore point. */
  | { readonly kind: 'next-point' }
  /** The next copy of the same volumes to the same target that completes. */
  | { readonly kind: 'next-replica' }
  /** The end of what needs it. */
  | { readonly kind: 'point-removed'; readonly pointId: PointId }
  | { readonly kind: 'session-ended'; readonly sessionId: SessionId }
  /** Somebody has to release the hold. */
  | { readonly kind: 'hold-released'; readonly holdId: HoldId; readonly note: Sensitive<string> }
  /** Only another policy, setting or expiry. */
  | { readonly kind: 'changed-settings' };
