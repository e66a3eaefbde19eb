import type { PolicyId, Region, SnapshotSetId, TimestampMs } from '../../domain/identifiers.ts';
import type { AccountRole } from '../../domain/policy/account-role.ts';
import type { ReplicaDescription } from './replicas.ts';
import type { ResourceOwner } from './resource-owner.ts';
import type { SnapshotDescription } from './snapshots.ts';
import type { KeptVolume } from './volume-exchanges.ts';
import type { TemporaryVolume } from './volumes.ts';
import type { RestoreRemnant } from './volume-restores.ts';
import type { WorkerDescription } from './workers.ts';

/** What the cloud itself keeps of a snapshot set, so that it can be restored without the ledger. */
export interface KeptSet {
  readonly setId: SnapshotSetId;
  readonly owner: ResourceOwner;
  readonly region: Region;
  readonly policyId: PolicyId | null;
  readonly requestedAt: TimestampMs;
  /** Of the whole set, whether or not each snapshot is still there. */
  readonly volumes: readonly {
    readonly volumeId: SnapshotDescription['volumeId'];
    readonly device: SnapshotDescription['device'];
    readonly sizeBytes: number;
  }[];
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** One resource that was made by this program for this repository, as its own tags prove. */
export type InventoryItem =
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotDescription; readonly set: KeptSet }
  | { readonly kind: 'replica'; readonly replica: ReplicaDescription; readonly source: KeptSet }
  /** Another account may read the snapshot. */
  | {
      readonly kind: 'shared';
      readonly snapshot: SnapshotDescription;
      readonly account: AccountRole;
    }
  | { readonly kind: 'volume'; readonly volume: TemporaryVolume }
  | { readonly kind: 'worker'; readonly worker: WorkerDescription }
  | { readonly kind: 'restore'; readonly remnant: RestoreRemnant }
  | { readonly kind: 'kept'; readonly kept: KeptVolume };

/** A resource whose tags are not what was written for it: nothing of it is used, and it is never removed. */
export interface UntrustedResource {
  readonly region: Region;
  readonly resourceId: string;
  readonly reason: string;
}

export interface Inventory {
  readonly items: readonly InventoryItem[];
  readonly untrusted: readonly UntrustedResource[];
}

/** Everything of this repository that there is in the region of a cloud, copies included. */
export interface CloudInventory {
  /**
   * What is gone already (a worker that has ended) is not in it.
   *
   * @param readers accounts that snapshots may be shared with; of others nothing is told
   */
  list(readers: readonly AccountRole[]): Promise<Inventory>;
}
