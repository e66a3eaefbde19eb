import { SnapledgerError } from '../errors/snapledger-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type {
  EngineId,
  HoldId,
  InstanceId,
  PointId,
  SessionId,
  TimestampMs,
} from '../identifiers.ts';
import { type InstanceTags, isSameTags, listTags } from '../policy/instance-selection.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import { known } from '../sensitive/sensitive.ts';
import { decideHold, releaseHold } from './decide-hold.ts';
import type { Hold } from './hold.ts';
import type { InstanceEvent } from './instance-events.ts';
import type { InstanceState } from './instance-state.ts';
import { assertNotBeingRemoved, splitRemovals } from './split-removals.ts';

/** Of an instance that was forgotten nothing new is made; what there is of it is still maintained. */
export type SessionPurpose = 'backup' | 'maintenance';

interface ClaimingCommand {
  readonly instanceId: InstanceId;
  readonly sessionId: SessionId;
  readonly engineId: EngineId;
}

export type InstanceCommand =
  /** With the tags that the instance has now. */
  | (ClaimingCommand & {
      readonly type: 'ClaimSession';
      readonly purpose: SessionPurpose;
      readonly tags: InstanceTags;
    })
  /** Somebody has looked at the instance, or changed its tags. */
  | { readonly type: 'NoteTags'; readonly tags: InstanceTags }
  /** Only for a claim whose engine is known to be dead. */
  | (ClaimingCommand & { readonly type: 'TakeOverSession' })
  | { readonly type: 'ReleaseSession'; readonly sessionId: SessionId }
  /** For an item that exists: the history says so, not this stream. */
  | {
      readonly type: 'PlaceHold';
      readonly holdId: HoldId;
      readonly item: ItemRef;
      readonly hold: Hold;
      readonly now: TimestampMs;
    }
  | { readonly type: 'ReleaseHold'; readonly holdId: HoldId; readonly now: TimestampMs }
  /** For an item that exists and was made by hand. */
  | {
      readonly type: 'SetExpiry';
      readonly item: ItemRef;
      readonly expiresAt: TimestampMs | null;
      readonly now: TimestampMs;
    }
  /** After a merge: what the point needs from now on. */
  | {
      readonly type: 'ChangeParents';
      readonly sessionId: SessionId;
      readonly pointId: PointId;
      readonly parents: readonly PointId[];
      readonly now: TimestampMs;
    }
  /** Before the first of them is removed. */
  | {
      readonly type: 'BeginRemovals';
      readonly sessionId: SessionId;
      readonly items: readonly ItemRef[];
      readonly now: TimestampMs;
    }
  /** Before the key of what is sensitive about it is destroyed. */
  | {
      readonly type: 'ForgetInstance';
      readonly instanceId: InstanceId;
      readonly key: CurrentKey;
      readonly now: TimestampMs;
    };

/** The key of what is sensitive about an instance, as it is now. */
export type CurrentKey =
  | { readonly kind: 'there'; readonly id: string }
  /** There, but not what was stored: nobody can say which one it was. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'none' };

/**
 * Serialises the sessions of one instance: the claim is the lock, and appending it at the
 * expected revision is the fence. Serialises holds and removals likewise: whichever is recorded
 * first wins.
 *
 * @throws INSTANCE_BUSY when another session holds the instance
 * @throws INSTANCE_FORGOTTEN for a backup of an instance that was forgotten
 * @throws SESSION_FENCED when the session to go on with holds it no more
 * @throws ITEM_BEING_REMOVED for a hold or expiry of an item that a session is about to remove
 * @throws UNKNOWN_HOLD, HOLD_IN_FORCE for a lock whose time is not over, INVALID_ARGUMENT,
 *   LIMIT_EXCEEDED
 */
export function decideInstance(
  command: InstanceCommand,
  state: InstanceState,
): readonly InstanceEvent[] {
  switch (command.type) {
    case 'ClaimSession': {
      if (state.claim !== null) throw busy(command.instanceId, state.claim.sessionId);
      const { instanceId, sessionId, engineId, purpose, tags } = command;
      if (purpose === 'backup' && state.forgottenAt !== null) throw isForgotten(instanceId);
      return [{ type: 'SessionClaimed', data: { sessionId, engineId } }, ...tagsSeen(tags, state)];
    }
    case 'NoteTags':
      // Without a session there is nothing whose policy anybody could ask for.
      return state.sessions.length === 0 ? [] : tagsSeen(command.tags, state);
    case 'TakeOverSession': {
      if (state.claim?.sessionId !== command.sessionId) throw fenced(command.sessionId);
      const { sessionId, engineId } = command;
      return [{ type: 'SessionTakenOver', data: { sessionId, engineId } }];
    }
    case 'ReleaseSession':
      if (state.claim?.sessionId !== command.sessionId) return [];
      return [{ type: 'SessionReleased', data: { sessionId: command.sessionId } }];
    case 'PlaceHold':
      return decideHold(command, state);
    case 'ReleaseHold':
      return releaseHold(command, state);
    case 'SetExpiry': {
      const { item, expiresAt, now } = command;
      assertNotBeingRemoved(item, state);
      return [{ type: 'ExpirySet', data: { item, expiresAt, setAt: now } }];
    }
    case 'ChangeParents': {
      const { sessionId, pointId, parents, now } = command;
      return [{ type: 'ParentsChanged', data: { sessionId, pointId, parents, changedAt: now } }];
    }
    case 'BeginRemovals': {
      const { sessionId, items, now } = command;
      if (state.claim?.sessionId !== sessionId) throw fenced(sessionId);
      // Told once already, by an engine that died before its session could record it.
      if (state.removals?.sessionId === sessionId) return [];
      const data = { sessionId, ...splitRemovals(items, state, now) };
      return [{ type: 'RemovalsBegun', data }];
    }
    case 'ForgetInstance': {
      const { instanceId, key, now } = command;
      if (state.claim !== null) throw busy(instanceId, state.claim.sessionId);
      if (state.forgottenAt !== null && !isUntold(key, state)) return [];
      const keyId = key.kind === 'there' ? key.id : null;
      return [{ type: 'InstanceForgotten', data: { forgottenAt: now, keyId } }];
    }
    default:
      return unreachable(command);
  }
}

/** Whether destroying this key would be something that no event tells of yet. */
function isUntold(key: CurrentKey, { forgottenKeyId }: InstanceState): boolean {
  switch (key.kind) {
    case 'there':
      return key.id !== forgottenKeyId;
    // It may be another one than the last that was forgotten: told once too often is better than never.
    case 'damaged':
      return true;
    case 'none':
      return false;
    default:
      return unreachable(key);
  }
}

function tagsSeen(tags: InstanceTags, state: InstanceState): readonly InstanceEvent[] {
  if (!isNews(tags, state)) return [];
  return [{ type: 'TagsSeen', data: { tags: known(listTags(tags)) } }];
}

/** Whether these tags are to be recorded; never those of an instance that was forgotten. */
export function isNews(tags: InstanceTags, { tags: seen, forgottenAt }: InstanceState): boolean {
  if (forgottenAt !== null) return false;
  return seen?.kind !== 'known' || !isSameTags(seen.value, tags);
}

function isForgotten(instanceId: InstanceId): SnapledgerError {
  return new SnapledgerError(
    'INSTANCE_FORGOTTEN',
    `instance '${instanceId}' was forgotten: no backup of it is made any more`,
    {
      remedy:
        'Exclude it in the policies that select it, or back the machine up under another name.',
      details: { instanceId },
    },
  );
}

function busy(instanceId: InstanceId, sessionId: SessionId): SnapledgerError {
  return new SnapledgerError(
    'INSTANCE_BUSY',
    `instance '${instanceId}' is being backed up by session ${sessionId}`,
    {
      retry: 'retryable',
      remedy: `Wait until it has ended ('snapledger sessions ${instanceId}' shows it); if its program has died, 'snapledger resume' brings it to its end.`,
      details: { instanceId, sessionId },
    },
  );
}

function fenced(sessionId: SessionId): SnapledgerError {
  return new SnapledgerError('SESSION_FENCED', `session ${sessionId} was ended by another engine`);
}
