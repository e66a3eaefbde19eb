import type { EngineId, HoldId, PointId, SessionId, TimestampMs } from '../identifiers.ts';
import type { InstanceTag } from '../policy/instance-selection.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import type { Sensitive } from '../sensitive/sensitive.ts';
import type { PlacedHold, WithheldItem } from './hold.ts';

/**
 * The tags that the instance has, by which policies select; recorded when they are other ones than those
 * before. None, too, of an instance that its cloud no longer has.
 */
export interface TagsSeen {
  readonly type: 'TagsSeen';
  /** A list, not a map: not every encoding of maps leaves every key as it is (`__proto__`). */
  readonly data: { readonly tags: Sensitive<readonly InstanceTag[]> };
}

/** An engine begins a session of this instance; until its release no other may begin. */
export interface SessionClaimed {
  readonly type: 'SessionClaimed';
  readonly data: { readonly sessionId: SessionId; readonly engineId: EngineId };
}

/** Another engine goes on with a session whose engine died. */
export interface SessionTakenOver {
  readonly type: 'SessionTakenOver';
  readonly data: { readonly sessionId: SessionId; readonly engineId: EngineId };
}

/** The session has ended and everything it used is gone. */
export interface SessionReleased {
  readonly type: 'SessionReleased';
  readonly data: { readonly sessionId: SessionId };
}

/** From now on the item is not removed, whatever the rules say. */
export interface HoldPlaced {
  readonly type: 'HoldPlaced';
  readonly data: PlacedHold;
}

export interface HoldReleased {
  readonly type: 'HoldReleased';
  readonly data: { readonly holdId: HoldId; readonly releasedAt: TimestampMs };
}

/** An item made by hand expires at this moment, or never, whatever was said before. */
export interface ExpirySet {
  readonly type: 'ExpirySet';
  readonly data: {
    readonly item: ItemRef;
    readonly expiresAt: TimestampMs | null;
    readonly setAt: TimestampMs;
  };
}

/**
 * From now on the point needs these, and no longer those that it was compared with: a merge has given it
 * what it needed of others.
 */
export interface ParentsChanged {
  readonly type: 'ParentsChanged';
  readonly data: {
    /** The one that has merged, or has found that an earlier one had. */
    readonly sessionId: SessionId;
    readonly pointId: PointId;
    readonly parents: readonly PointId[];
    readonly changedAt: TimestampMs;
  };
}

/**
 * The session is about to remove these items: from here to its release nobody can place a hold on
 * them. What was held already is not among them.
 */
export interface RemovalsBegun {
  readonly type: 'RemovalsBegun';
  readonly data: {
    readonly sessionId: SessionId;
    readonly items: readonly ItemRef[];
    readonly withheld: readonly WithheldItem[];
  };
}

/**
 * The key of what is sensitive in the events about this instance is destroyed after this, and from here on
 * no backup of it is made. What there is of it goes by the rules as before. What is recorded about it later
 * has a new key; each that is destroyed is told of.
 */
export interface InstanceForgotten {
  readonly type: 'InstanceForgotten';
  readonly data: {
    readonly forgottenAt: TimestampMs;
    /** Of the key; null: there was none, or none that could be read. */
    readonly keyId: string | null;
  };
}

/** Stream `instance-<id>`: which sessions an instance had, which one runs, its tags, and what is held. */
export type InstanceEvent =
  | TagsSeen
  | SessionClaimed
  | SessionTakenOver
  | SessionReleased
  | HoldPlaced
  | HoldReleased
  | ExpirySet
  | ParentsChanged
  | RemovalsBegun
  | InstanceForgotten;
