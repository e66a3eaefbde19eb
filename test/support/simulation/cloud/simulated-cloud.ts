import type { Region, TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { Cloud } from '../../../../src/ports/cloud/cloud.ts';
import { SimulatedDisks } from './simulated-disks.ts';
import { SimulatedReplicas, type SimulatedReplicasOptions } from './simulated-replicas.ts';
import { SimulatedSnapshots, type SimulatedSnapshotsOptions } from './simulated-snapshots.ts';
import { SimulatedVolumes, type SimulatedVolumesOptions } from './simulated-volumes.ts';
import { SimulatedWorkers, type SimulatedWorkersOptions } from './simulated-workers.ts';

export interface SimulatedCloudOptions {
  readonly now: () => TimestampMs;
  readonly snapshots: Omit<SimulatedSnapshotsOptions, 'disks' | 'now'>;
  readonly replicas: Omit<SimulatedReplicasOptions, 'snapshots' | 'now'>;
  readonly volumes?: Omit<SimulatedVolumesOptions, 'snapshots' | 'workers'>;
  readonly workers: Omit<SimulatedWorkersOptions, 'now'>;
}

export interface SimulatedCloud {
  readonly cloud: Cloud;
  readonly disks: SimulatedDisks;
  readonly snapshots: SimulatedSnapshots;
  readonly replicas: SimulatedReplicas;
  readonly volumes: SimulatedVolumes;
  readonly workers: SimulatedWorkers;
}

/**
 * A cloud in memory, whose time is the simulation's: a fake.
 *
 * Snapshots complete late or fail, and `describe` does not see new ones for a while. `find`,
 * `listOf` and the listings of workers and volumes see everything at once, because the ports
 * promise it: "all that carry this owner". An adapter for EC2 has to keep that promise by waiting
 * and asking again, since DescribeSnapshots alone does not.
 *
 * Cannot prove: that EC2 behaves so; limits of request rates; disks
 * whose blocks are anything but one repeated number; a set of which only a part was made.
 */
export function createSimulatedCloud(options: SimulatedCloudOptions): SimulatedCloud {
  const { now } = options;
  const region = 'simulated-1' as Region;
  const disks = new SimulatedDisks(region);
  const snapshots = new SimulatedSnapshots({
    ...options.snapshots,
    onDeleted: (snapshot) => {
      replicas.sourceDeleted(snapshot.description.snapshotId);
      options.snapshots.onDeleted?.(snapshot);
    },
    disks,
    now,
  });
  const replicas = new SimulatedReplicas({ ...options.replicas, snapshots, now });
  const workers = new SimulatedWorkers({ ...options.workers, now });
  const volumes = new SimulatedVolumes({ ...options.volumes, snapshots, workers });
  const cloud: Cloud = {
    region,
    instances: disks.port(),
    snapshots: snapshots.port(),
    replicas: replicas.port(),
    changedBlocks: snapshots.changedBlocks(),
    snapshotBlocks: snapshots.snapshotBlocks(),
    volumes: volumes.port(),
    workers: workers.port(),
    volumeRestores: null,
    instanceRestores: null,
    inAccount: null,
    volumeExchanges: null,
  };
  return { cloud, disks, snapshots, replicas, volumes, workers };
}
