import type { InstanceId } from '../../domain/identifiers.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';

/** An item, and whose it is or was. */
export interface FoundItem {
  readonly instanceId: InstanceId;
  readonly item: ItemRef;
}
