import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { CloudInventory } from '../../ports/cloud/inventory.ts';

/** What can remove things in its region. */
export type ReconciledCloud = Pick<
  Cloud,
  'region' | 'snapshots' | 'replicas' | 'volumes' | 'workers' | 'volumeRestores'
>;

/** A region of a cloud that can tell what it has of a repository. */
export interface ReconcilableRegion extends ReconciledCloud {
  readonly inventory: CloudInventory;
}
