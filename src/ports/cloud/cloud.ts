import type { Region } from '../../domain/identifiers.ts';
import type { AccountRole } from '../../domain/policy/account-role.ts';
import type { ChangedBlocks } from './changed-blocks.ts';
import type { InstanceRestores, SnapshotLaunches } from './instance-restores.ts';
import type { Instances } from './instances.ts';
import type { Replicas } from './replicas.ts';
import type { SnapshotBlocks } from './snapshot-blocks.ts';
import type { Snapshots } from './snapshots.ts';
import type { VolumeExchanges } from './volume-exchanges.ts';
import type { SnapshotRestores, VolumeRestores } from './volume-restores.ts';
import type { Volumes } from './volumes.ts';
import type { Workers } from './workers.ts';

/** What an account has of replicas and restores, in all its regions. */
export interface CloudAccount {
  readonly replicas: Replicas;
  /** Of snapshots that are there; null where restores make images only. */
  readonly volumeRestores: SnapshotRestores | null;
  /** Null where restores launch no instances. */
  readonly instanceRestores: SnapshotLaunches | null;
}

/** One region of a cloud, as the engine needs it, in the account of the instances. */
export interface Cloud extends CloudAccount {
  readonly region: Region;
  readonly instances: Instances;
  readonly snapshots: Snapshots;
  readonly changedBlocks: ChangedBlocks;
  readonly snapshotBlocks: SnapshotBlocks;
  readonly volumes: Volumes;
  readonly workers: Workers;
  /** Of restore points, too. */
  readonly volumeRestores: VolumeRestores | null;
  readonly instanceRestores: InstanceRestores | null;
  /** Another account; nothing is asked of it before it is used. Null where a cloud has no accounts. */
  readonly inAccount: ((role: AccountRole) => CloudAccount) | null;
  /** Null where no volume takes the place of another one. */
  readonly volumeExchanges: VolumeExchanges | null;
}
