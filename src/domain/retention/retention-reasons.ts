import type { PointId, SessionId } from '../identifiers.ts';

/** Why a snapshot set stays. Every kept set has at least one. */
export type KeepReason =
  /** One of the newest `keep` of the chain; `place` counts from 1 for the newest. */
  | { readonly kind: 'within-count'; readonly place: number; readonly keep: number }
  /** The next image-level session compares with it; stays whatever the count says. */
  | { readonly kind: 'cbt-base'; readonly pointId: PointId }
  /** A session that has not ended works with it. */
  | { readonly kind: 'in-use'; readonly sessionId: SessionId };

/** Why a snapshot set goes. */
export type RemoveReason =
  /** Older than the newest `keep`. */
  | { readonly kind: 'beyond-count'; readonly place: number; readonly keep: number }
  /** Its session ended before the set was complete: nothing can be restored from it. */
  | { readonly kind: 'incomplete' };
