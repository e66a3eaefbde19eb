import type { InstanceId } from '../../domain/identifiers.ts';
import type { PlacedHold } from '../../domain/instance/hold.ts';

/** A hold, and of which instance the item is that it is on. */
export interface ListedHold extends PlacedHold {
  readonly instanceId: InstanceId;
}
