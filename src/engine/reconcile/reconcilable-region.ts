import type { AccountRole } from '../../domain/policy/account-role.ts';
import type { Cloud, CloudAccount } from '../../ports/cloud/cloud.ts';
import type { CloudInventory } from '../../ports/cloud/inventory.ts';
import type { FreeVolumes } from '../../ports/cloud/volumes.ts';

/** What can remove things in its region. */
export interface ReconciledCloud extends Pick<
  Cloud,
  keyof CloudAccount | 'region' | 'snapshots' | 'workers' | 'inAccount'
> {
  readonly volumes: FreeVolumes;
}

/** A region of a cloud that can tell what it has of a repository. */
export interface ReconcilableRegion extends ReconciledCloud {
  /** Null: that in which the engine works. */
  readonly account: AccountRole | null;
  readonly inventory: CloudInventory;
}
