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

/** What the cloud calls a resource of an inventory: of a share, the snapshot that is shared. */
export function itemResourceId(item: InventoryItem): string {
  switch (item.kind) {
    case 'snapshot':
    case 'shared':
      return item.snapshot.snapshotId;
    case 'replica':
      return item.replica.snapshotId;
    case 'volume':
      return item.volume.volumeId;
    case 'worker':
      return item.worker.workerId;
    case 'restore':
      return item.remnant.resourceId;
    case 'kept':
      return item.kept.volumeId;
  }
}
