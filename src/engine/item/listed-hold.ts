import type { UnreadableInstance } from '../instance/instance-claims.ts';
import type { InstanceId } from '../../domain/identifiers.ts';
import type { PlacedHold } from '../../domain/instance/hold.ts';

/** A hold, and of which instance the item is that it is on. */
export interface ListedHold extends PlacedHold {
  readonly instanceId: InstanceId;
}

/** One that somebody asked for by its id, without what it says. */
export type FoundHold = Omit<ListedHold, 'hold'>;

/** The holds in force, as far as what is recorded can be read. */
export interface HoldList {
  /** Oldest first. */
  readonly holds: readonly ListedHold[];
  /** Instances whose holds are not known. */
  readonly unreadable: readonly UnreadableInstance[];
}
