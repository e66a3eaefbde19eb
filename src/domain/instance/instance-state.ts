import { unreachable } from '../errors/unreachable.ts';
import type { EngineId, PointId, SessionId, TimestampMs } from '../identifiers.ts';
import { type InstanceTags, tagsOfList } from '../policy/instance-selection.ts';
import { type ItemRef, isSameItem } from '../retention/retention-plan.ts';
import { known, type Sensitive } from '../sensitive/sensitive.ts';
import type { OwnExpiry, PlacedHold, WithheldItem } from './hold.ts';
import type { InstanceEvent } from './instance-events.ts';

export interface Claim {
  readonly sessionId: SessionId;
  readonly engineId: EngineId;
}

export interface InstanceState {
  /** All sessions of the instance, in the order of their claims. */
  readonly sessions: readonly SessionId[];
  /** Those that were seen last; null: none were ever recorded. */
  readonly tags: Sensitive<InstanceTags> | null;
  /** The session that holds the instance, and the engine that works on it. */
  readonly claim: Claim | null;
  /** Those that were not released; the time of a lock among them may be over. */
  readonly holds: readonly PlacedHold[];
  /** Expiries that were set after their items were made; one for an item. */
  readonly expiries: readonly OwnExpiry[];
  /** What points need since they were merged, where that is not what they were compared with. */
  readonly parents: readonly PointParents[];
  /** What the session that holds the instance removes; null before it begins to. */
  readonly removals: RunningRemovals | null;
  /** The last time; null: what is sensitive about it is not forgotten. */
  readonly forgottenAt: TimestampMs | null;
  /** Of the key that was given up then, if there was one. */
  readonly forgottenKeyId: string | null;
}

export interface PointParents {
  readonly pointId: PointId;
  readonly parents: readonly PointId[];
}

export interface RunningRemovals {
  readonly sessionId: SessionId;
  readonly items: readonly ItemRef[];
  readonly withheld: readonly WithheldItem[];
}

export const initialInstance: InstanceState = {
  sessions: [],
  tags: null,
  claim: null,
  holds: [],
  expiries: [],
  parents: [],
  removals: null,
  forgottenAt: null,
  forgottenKeyId: null,
};

export function evolveInstance(state: InstanceState, event: InstanceEvent): InstanceState {
  switch (event.type) {
    case 'TagsSeen': {
      const { tags } = event.data;
      return { ...state, tags: tags.kind === 'known' ? known(tagsOfList(tags.value)) : tags };
    }
    case 'SessionClaimed':
      return { ...state, sessions: [...state.sessions, event.data.sessionId], claim: event.data };
    case 'SessionTakenOver':
      return { ...state, claim: event.data };
    case 'SessionReleased':
      return { ...state, claim: null, removals: null };
    case 'HoldPlaced':
      return { ...state, holds: [...state.holds, event.data] };
    case 'HoldReleased': {
      const { holdId } = event.data;
      return { ...state, holds: state.holds.filter((hold) => hold.holdId !== holdId) };
    }
    case 'ExpirySet': {
      const { item, expiresAt } = event.data;
      const others = state.expiries.filter((expiry) => !isSameItem(expiry.item, item));
      return { ...state, expiries: [...others, { item, expiresAt }] };
    }
    case 'ParentsChanged': {
      const { pointId, parents } = event.data;
      const others = state.parents.filter((one) => one.pointId !== pointId);
      return { ...state, parents: [...others, { pointId, parents }] };
    }
    case 'RemovalsBegun':
      return { ...state, removals: event.data };
    case 'InstanceForgotten':
      return {
        ...state,
        forgottenAt: event.data.forgottenAt,
        forgottenKeyId: event.data.keyId,
      };
    default:
      return unreachable(event);
  }
}
