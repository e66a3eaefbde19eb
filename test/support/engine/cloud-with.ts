import type { Cloud } from '../../../src/ports/cloud/cloud.ts';

/** A cloud of which some calls are others. */
export function cloudWith(
  cloud: Cloud,
  other: { readonly [Part in keyof Cloud]?: Partial<Cloud[Part]> },
): Cloud {
  return {
    region: cloud.region,
    instances: { ...cloud.instances, ...other.instances },
    snapshots: { ...cloud.snapshots, ...other.snapshots },
    replicas: { ...cloud.replicas, ...other.replicas },
    changedBlocks: { ...cloud.changedBlocks, ...other.changedBlocks },
    snapshotBlocks: { ...cloud.snapshotBlocks, ...other.snapshotBlocks },
    volumes: { ...cloud.volumes, ...other.volumes },
    workers: { ...cloud.workers, ...other.workers },
    volumeRestores: cloud.volumeRestores,
    instanceRestores: cloud.instanceRestores,
    inAccount: cloud.inAccount,
    volumeExchanges: cloud.volumeExchanges,
  };
}
