import type { Region } from '../../../domain/identifiers.ts';
import type { AccountRole } from '../../../domain/policy/account-role.ts';
import type { ChangedBlocks } from '../../../ports/cloud/changed-blocks.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Cloud, CloudAccount } from '../../../ports/cloud/cloud.ts';
import type { CloudInventory, UntrustedResource } from '../../../ports/cloud/inventory.ts';
import type { SnapshotBlocks } from '../../../ports/cloud/snapshot-blocks.ts';
import type { Instances } from '../../../ports/cloud/instances.ts';
import type { FreeVolumes, Volumes } from '../../../ports/cloud/volumes.ts';
import type { RandomSource } from '../../../ports/random-source.ts';
import type { EbsConnection } from '../ebs/ebs-connection.ts';
import { ebsRegions } from '../ebs/ebs-regions.ts';
import { createEc2VolumeExchanges } from './exchanges/ec2-volume-exchanges.ts';
import { createEc2InstanceRestores, createEc2Launches } from './launches/ec2-instance-restores.ts';
import {
  createEc2SnapshotRestores,
  createEc2VolumeRestores,
} from './restores/ec2-volume-restores.ts';
import { deriveTagKeys } from '../tags/tag-keys.ts';
import type { AwsAccess } from '../client/aws-access.ts';
import {
  type Ec2Access,
  type Ec2AccessOptions,
  type Ec2Connection,
  openEc2Access,
} from './ec2-connection.ts';
import { type Ec2Limits, ec2Limits } from './ec2-limits.ts';
import { createEc2Inventory } from './inventory/ec2-inventory.ts';
import { createEc2Instances } from './instances/ec2-instances.ts';
import { createEc2Replicas } from './replicas/ec2-replicas.ts';
import { createEc2Snapshots } from './snapshots/ec2-snapshots.ts';
import { createEc2Volumes } from './volumes/ec2-volumes.ts';
import { createEc2Workers } from './workers/ec2-workers.ts';
import type { WorkerSettings } from './workers/worker-settings.ts';

export interface Ec2RegionOptions {
  readonly region: Region;
  /** Of the instances, or, where things are only found and removed, another one; default: null. */
  readonly account?: AccountRole | null;
  readonly access: AwsAccess;
  /** `Repository.deriveTagSecret`: the keys of the tags are derived from it. */
  readonly tagSecret: Uint8Array;
  /** Null where none is launched: only snapshots are made, or things are cleared up. */
  readonly worker: WorkerSettings | null;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onUntrusted: (resource: UntrustedResource) => void;
  readonly limits?: Ec2Limits;
  /** By which restores write their snapshots in the region; in others they open one of their own. */
  readonly ebs: EbsConnection;
}

export interface Ec2CloudOptions extends Ec2RegionOptions {
  readonly changedBlocks: ChangedBlocks;
  readonly snapshotBlocks: SnapshotBlocks;
}

/** One region of EC2, and the others for replicas; without the blocks of snapshots. */
export interface Ec2Region extends Omit<Cloud, 'changedBlocks' | 'snapshotBlocks'> {
  readonly volumes: Volumes & FreeVolumes;
  readonly inventory: CloudInventory;
  /** Closes the connections. */
  close(): void;
}

export type Ec2Cloud = Ec2Region & Cloud;

export function openEc2Cloud({
  changedBlocks,
  snapshotBlocks,
  ...options
}: Ec2CloudOptions): Ec2Cloud {
  return { ...openEc2Region(options), changedBlocks, snapshotBlocks };
}

/** Nothing is asked of EC2 before it is used. */
export function openEc2Region(options: Ec2RegionOptions): Ec2Region {
  const { region, access, tagSecret, worker, clock, random, onUntrusted } = options;
  const { limits = ec2Limits } = options;
  const { close, ...asked } = openEc2Access({ ...options, limits });
  const connection: Ec2Connection = { ...asked, keys: deriveTagKeys(tagSecret), onUntrusted };
  const ebs = ebsRegions(options.ebs, { clock, random, ...access });
  return {
    region,
    instances: createEc2Instances(connection),
    snapshots: createEc2Snapshots(connection),
    replicas: createEc2Replicas(connection, connection),
    volumes: createEc2Volumes(connection, worker),
    workers: createEc2Workers(connection, worker),
    volumeRestores: createEc2VolumeRestores(connection, ebs.of),
    instanceRestores: createEc2InstanceRestores(connection, ebs.of),
    inAccount: accountsOf(connection),
    volumeExchanges: createEc2VolumeExchanges(connection),
    inventory: createEc2Inventory(connection),
    close() {
      close();
      ebs.close();
    },
  };
}

/** Each account once, because it knows what was made in it a moment ago, and what is under way. */
function accountsOf(home: Ec2Connection): (role: AccountRole) => CloudAccount {
  const opened = new Map<Ec2Access, CloudAccount>();
  return (role) => {
    const access = home.inAccount(role);
    const known = opened.get(access);
    if (known !== undefined) return known;
    const connection: Ec2Connection = { ...home, ...access };
    const account: CloudAccount = {
      replicas: createEc2Replicas(home, connection),
      volumeRestores: createEc2SnapshotRestores(connection),
      instanceRestores: createEc2Launches(connection),
    };
    opened.set(access, account);
    return account;
  };
}

/** The instances of a region alone, for which no key of the repository is needed. */
export function openEc2Instances({
  limits = ec2Limits,
  ...options
}: Omit<Ec2AccessOptions, 'limits'> & {
  readonly limits?: Ec2Limits;
}): Instances & { readonly close: () => void } {
  const { close, ...asked } = openEc2Access({ ...options, limits });
  return { ...createEc2Instances(asked), close };
}
