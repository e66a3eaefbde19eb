import type { AdoptionReason } from '../backup-session/adoption-events.ts';
import { unreachable } from '../errors/unreachable.ts';

/** A snapshot of a set, or the copy of one, that was found in the cloud and is ours, as its tags prove. */
export interface Found {
  readonly maker: FoundMaker;
  readonly record: FoundRecord;
  readonly condition: FoundCondition;
}

/** What the ledger has of the session that made it. `unreadable`: not all of it can be read. */
export type FoundMaker = 'unknown' | 'unreadable' | 'open' | 'ended';

/** What the ledger says of the set, or the replica, that it belongs to. */
export type FoundRecord =
  | 'nothing'
  /** Its session ended with the word that nothing of it is left. */
  | 'given-up'
  /** The same, of a session that was cancelled: somebody wanted it to go. */
  | 'discarded'
  /** A replica that failed, and some of whose copies may be left. */
  | 'torn'
  /** It exists, and this snapshot is one of it. */
  | 'exists'
  /** It exists, and is made of other snapshots. */
  | 'exists-of-others'
  /** Retention has removed it, or has begun to. */
  | 'removed';

/** What there is in the cloud of the set, or the replica, that it belongs to. */
export type FoundCondition =
  /** A completed snapshot of each volume, this one among them. */
  | 'whole'
  /** It is whole without this one: something was asked for twice. */
  | 'spare'
  /** It may be whole yet. */
  | 'pending'
  | 'incomplete';

export type FoundVerdict =
  | { readonly action: 'adopt'; readonly reason: AdoptionReason }
  | { readonly action: 'keep'; readonly reason: FoundKeepReason }
  | { readonly action: 'remove'; readonly reason: FoundRemoveReason };

export type FoundKeepReason =
  /** Its session runs and will deal with it. */
  | 'session-open'
  /** The ledger has it; whether it goes is for retention to decide. */
  | 'recorded'
  /** The ledger does not know its session, or cannot read it: it may be another vault's of the same repository. */
  | 'unknown-session'
  /** It is not completed: what becomes of it is decided then. */
  | 'pending'
  /** Another one of the same set is adopted; when that is recorded this one goes. */
  | 'spare';

export type FoundRemoveReason =
  /** The session has ended and its record does not have it: it came too late, or twice. */
  | 'not-recorded'
  /** The session was cancelled, and gave it up. */
  | 'discarded'
  /** The record says that it was removed. */
  | 'removed-before';

/**
 * What becomes of it. What something can be restored from is never removed, unless the ledger says that it
 * was to go, or has the same set or replica itself.
 */
export function judgeFound({ maker, record, condition }: Found): FoundVerdict {
  if (maker === 'open') return { action: 'keep', reason: 'session-open' };
  if (maker === 'unreadable') return { action: 'keep', reason: 'unknown-session' };
  switch (record) {
    case 'removed':
      return { action: 'remove', reason: 'removed-before' };
    case 'exists':
      return { action: 'keep', reason: 'recorded' };
    case 'exists-of-others':
      return { action: 'remove', reason: 'not-recorded' };
    case 'discarded':
      return { action: 'remove', reason: 'discarded' };
    case 'torn':
      return condition === 'whole'
        ? { action: 'adopt', reason: 'given-up' }
        : { action: 'keep', reason: 'recorded' };
    case 'given-up':
    case 'nothing':
      return judgeUnrecorded(maker, record, condition);
    default:
      return unreachable(record);
  }
}

function judgeUnrecorded(
  maker: 'unknown' | 'ended',
  record: 'given-up' | 'nothing',
  condition: FoundCondition,
): FoundVerdict {
  switch (condition) {
    case 'whole':
      if (maker === 'unknown') return { action: 'adopt', reason: 'unknown-session' };
      return { action: 'adopt', reason: record === 'given-up' ? 'given-up' : 'not-recorded' };
    case 'spare':
    case 'pending':
      return { action: 'keep', reason: condition };
    case 'incomplete':
      return maker === 'unknown'
        ? { action: 'keep', reason: 'unknown-session' }
        : { action: 'remove', reason: 'not-recorded' };
    default:
      return unreachable(condition);
  }
}
