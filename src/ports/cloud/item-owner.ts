import type { InventoryItem } from './inventory.ts';
import type { ResourceOwner } from './resource-owner.ts';

/** The session and instance that a resource of an inventory was made for. */
export function itemOwner(item: InventoryItem): ResourceOwner {
  switch (item.kind) {
    case 'snapshot':
    case 'shared':
      return item.snapshot.owner;
    case 'replica':
      return item.replica.owner;
    case 'volume':
      return item.volume.owner;
    case 'worker':
      return item.worker.owner;
    case 'restore':
      return item.remnant.owner;
    case 'kept':
      return item.kept.owner;
  }
}
