import type { Region } from '../../domain/identifiers.ts';
import type { ChangedBlocks } from './changed-blocks.ts';
import type { InstanceRestores } from './instance-restores.ts';
import type { Instances } from './instances.ts';
import type { Replicas } from './replicas.ts';
import type { SnapshotBlocks } from './snapshot-blocks.ts';
import type { Snapshots } from './snapshots.ts';
import type { VolumeExchanges } from './volume-exchanges.ts';
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
  /** Null where restores launch no instances. */
  readonly instanceRestores: InstanceRestores | null;
  /** Null where no volume takes the place of another one. */
  readonly volumeExchanges: VolumeExchanges | null;
}
