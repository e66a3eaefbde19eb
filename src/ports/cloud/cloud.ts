import type { Region } from '../../domain/identifiers.ts';
import type { ChangedBlocks } from './changed-blocks.ts';
import type { Instances } from './instances.ts';
import type { Replicas } from './replicas.ts';
import type { SnapshotBlocks } from './snapshot-blocks.ts';
import type { Snapshots } from './snapshots.ts';
import type { VolumeRestores } from './volume-restores.ts';
import type { Volumes } from './volumes.ts';
import type { Workers } from './workers.ts';

/** One region of a cloud, as the engine needs it; `replicas` reaches the others. */
export interface Cloud {
  readonly region: Region;
  readonly instances: Instances;
  readonly snapshots: Snapshots;
  readonly replicas: Replicas;
  readonly changedBlocks: ChangedBlocks;
  readonly snapshotBlocks: SnapshotBlocks;
  readonly volumes: Volumes;
  readonly workers: Workers;
  /** Null where restores make images only. */
  readonly volumeRestores: VolumeRestores | null;
}
