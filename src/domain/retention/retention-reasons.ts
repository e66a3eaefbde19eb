import type { CalendarPeriod } from '../calendar/calendar-period.ts';
import type { HoldId, PointId, ReplicaSetId, SessionId, VolumeId } from '../identifiers.ts';

/**
 * Why an item stays. Every kept item has at least one; docs/retention.md defines each. What follows
 * from the item's own time (until when it stays) is not in here: `explainItem` tells it.
 */
export type KeepReason =
  /** One of the newest `keep` of its chain. */
  | { readonly kind: 'within-count'; readonly keep: number }
  /** Younger than `age`. */
  | { readonly kind: 'within-age'; readonly age: CalendarPeriod }
  /** The first of a day, week, month or year; `label` is the date on which that begins. */
  | { readonly kind: GfsReasonKind; readonly label: string }
  /** The next image-level session compares with it; stays whatever the rules say. */
  | { readonly kind: 'cbt-base'; readonly pointId: PointId }
  /** The next copy of these volumes to the same target is incremental only against it. */
  | { readonly kind: 'replica-base'; readonly volumeIds: readonly VolumeId[] }
  /** The newest restore point: the next one stores only what differs from it. */
  | { readonly kind: 'parent-point' }
  /** Another restore point that stays cannot be read without it. */
  | { readonly kind: 'needed-by'; readonly pointId: PointId }
  /** A copy of it is wanted or under way. */
  | { readonly kind: 'copy-source'; readonly replicaSetId: ReplicaSetId }
  /** A session that has not ended works with it. */
  | { readonly kind: 'in-use'; readonly sessionId: SessionId }
  | { readonly kind: 'locked'; readonly holdId: HoldId }
  | { readonly kind: 'legal-hold'; readonly holdId: HoldId }
  /** Made by hand: only its own expiry removes it. */
  | { readonly kind: 'manual' }
  /** No policy rules over it any more. */
  | { readonly kind: 'no-policy' }
  /** Its policy has no rule for restore points: all of them stay. */
  | { readonly kind: 'no-rule' }
  /** A rule of the program that embeds the engine. */
  | { readonly kind: 'host-rule'; readonly rule: string; readonly detail: string };

export type GfsReasonKind = 'gfs-daily' | 'gfs-weekly' | 'gfs-monthly' | 'gfs-yearly';

export type GfsFlagName = 'daily' | 'weekly' | 'monthly' | 'yearly';

/** Why an item goes. */
export type RemoveReason =
  /** Older than the newest `keep` of its chain. */
  | { readonly kind: 'beyond-count'; readonly keep: number }
  /** Of the age `age`, or older. */
  | { readonly kind: 'expired'; readonly age: CalendarPeriod }
  /** It had these flags; newer periods or time have taken them from it. */
  | { readonly kind: 'flag-expired'; readonly flags: readonly GfsFlagName[] }
  /** It is not the first of any day, week, month or year that has a flag. */
  | { readonly kind: 'no-flag' }
  /** Its policy has no rule that could keep it. */
  | { readonly kind: 'nothing-kept' }
  /** Made by hand, and its own expiry has come. */
  | { readonly kind: 'manual-expired' }
  /** No policy rules over it, and the setting for such items lets it go. */
  | { readonly kind: 'obsolete'; readonly after: CalendarPeriod }
  /** Its making or its removal ended half-way: nothing can be restored from it. */
  | { readonly kind: 'incomplete' }
  /** A rule of the program that embeds the engine. */
  | { readonly kind: 'host-rule'; readonly rule: string; readonly detail: string };
