import type { LocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import type { SessionId, InstanceId } from '../../../../src/domain/identifiers.ts';
import type { ResourceOwner } from '../../../../src/ports/cloud/resource-owner.ts';
import { AwsError } from '../aws-service.ts';
import { ownAccountId } from '../signature/verify-signature.ts';
import type { BucketSize } from '../token-bucket.ts';
import {
  type Ec2Resource,
  Ec2Table,
  type Ec2Tag,
  type FakeImage,
  type FakeInstance,
  type FakeSnapshot,
  type FakeVolume,
} from './ec2-resources.ts';
import type { Shape } from './sdk-schema.ts';

/** How long things take. In milliseconds; all of them may be changed at any time. */
export interface Ec2Timing {
  /** From when something is made until listings show it. */
  visibleAfterMs: number;
  snapshotMs: number;
  /** From when a snapshot is shown as completed until it can be used: not every host of EC2 knows at once. */
  agreedAfterMs: number;
  /** From when a snapshot is started by EBS direct until its blocks are taken. */
  writableAfterMs: number;
  copyMs: number;
  /** From when a snapshot is shared until the other account sees it. */
  sharedAfterMs: number;
  volumeMs: number;
  /** From a request to attach a volume until it is attached; Infinity: it never is. */
  attachMs: number;
  bootMs: number;
  /** From a request to stop an instance until it is stopped. */
  stopMs: number;
  /** From a request to terminate an instance of an image that was registered here until it is. */
  shutdownMs: number;
  /** From then until its volumes are shown as free. */
  freeAfterMs: number;
  /** Entries of a page, at most: few, so that listings have pages. */
  pageLength: number;
}

/** How much EC2 takes of an account; all of it may be changed at any time. */
export interface Ec2Quotas {
  /** Of each action: so many requests at once, and then so many a second. Null: any number. */
  requests: BucketSize | null;
  /** In one region. */
  snapshotsMax: number;
  pendingSnapshotsMax: number;
  pendingSnapshotsOfVolumeMax: number;
  /** From one snapshot of a volume to the next. */
  snapshotOfVolumeEveryMs: number;
  /** In one destination. */
  copiesAtOnceMax: number;
}

/** Where nothing is late. */
export const immediately: Omit<Ec2Timing, 'pageLength' | 'bootMs'> = {
  visibleAfterMs: 0,
  snapshotMs: 0,
  agreedAfterMs: 0,
  writableAfterMs: 0,
  copyMs: 0,
  sharedAfterMs: 0,
  volumeMs: 0,
  attachMs: 0,
  stopMs: 0,
  shutdownMs: 0,
  freeAfterMs: 0,
};

export interface Ec2World {
  /** Holds the data: instances, snapshots and copies of them, volumes, machines. */
  readonly local: LocalCloud;
  /** Where that cloud has its state. */
  readonly localFolder: string;
  readonly homeRegion: string;
  /** Whose world it is: what is made in it is of this account. */
  readonly accountId: string;
  /** Of all accounts. */
  readonly everySnapshot: Ec2Table<FakeSnapshot>;
  readonly timing: Ec2Timing;
  readonly quotas: Ec2Quotas;
  readonly now: () => number;
  readonly instances: Ec2Table<FakeInstance>;
  readonly volumes: Ec2Table<FakeVolume>;
  readonly snapshots: Ec2Table<FakeSnapshot>;
  readonly images: Ec2Table<FakeImage>;
}

export function createEc2World(
  options: Pick<Ec2World, 'local' | 'localFolder' | 'homeRegion' | 'now'>,
): Ec2World {
  const { now } = options;
  const snapshots = new Ec2Table<FakeSnapshot>('InvalidSnapshot.NotFound', now);
  return {
    ...options,
    accountId: ownAccountId,
    everySnapshot: snapshots,
    timing: {
      visibleAfterMs: 30,
      snapshotMs: 60,
      agreedAfterMs: 0,
      writableAfterMs: 60,
      copyMs: 60,
      sharedAfterMs: 30,
      volumeMs: 40,
      attachMs: 40,
      bootMs: 20,
      stopMs: 40,
      shutdownMs: 30,
      freeAfterMs: 20,
      pageLength: 5,
    },
    // Those of every account; but for what tests would only wait for.
    quotas: {
      requests: null,
      snapshotsMax: 100_000,
      pendingSnapshotsMax: 100,
      pendingSnapshotsOfVolumeMax: 5,
      snapshotOfVolumeEveryMs: 0,
      copiesAtOnceMax: 20,
    },
    instances: new Ec2Table('InvalidInstanceID.NotFound', now),
    volumes: new Ec2Table('InvalidVolume.NotFound', now),
    snapshots,
    images: new Ec2Table('InvalidAMIID.NotFound', now),
  };
}

/** The world as an account sees it. */
export function worldOf(world: Ec2World, accountId: string): Ec2World {
  return {
    ...world,
    accountId,
    instances: world.instances.of(accountId),
    volumes: world.volumes.of(accountId),
    snapshots: world.snapshots.of(accountId),
    images: world.images.of(accountId),
  };
}

/** Whom what the fake makes in the local cloud belongs to; EC2 itself knows no owners. */
export function localOwner(): ResourceOwner {
  return {
    sessionId: systemRandom.uuid() as SessionId,
    instanceId: 'fake-ec2' as InstanceId,
  };
}

export function newId(prefix: 'i' | 'vol' | 'ami'): string {
  return `${prefix}-${Buffer.from(systemRandom.bytes(9)).toString('hex').slice(0, 17)}`;
}

/** What a new resource of these tags begins with. */
export function newResource(
  { now, timing, accountId: ownerId }: Ec2World,
  id: string,
  tags: readonly Ec2Tag[],
): Pick<Ec2Resource, 'id' | 'ownerId' | 'madeAtMs' | 'visibleAtMs'> & { tags: readonly Ec2Tag[] } {
  const madeAtMs = now();
  return { id, ownerId, madeAtMs, visibleAtMs: madeAtMs + timing.visibleAfterMs, tags };
}

interface TagSpecification {
  readonly ResourceType?: string;
  readonly Tags?: readonly Ec2Tag[];
}

/** @throws AwsError as EC2 does for more tags, longer ones or reserved names */
export function tagsFor(request: Shape, resourceType: string): readonly Ec2Tag[] {
  const specifications = (request['TagSpecifications'] ?? []) as readonly TagSpecification[];
  const tags = specifications
    .filter(({ ResourceType }) => ResourceType === resourceType)
    .flatMap(({ Tags = [] }) => Tags);
  checkTags(tags);
  return tags;
}

export function checkTags(tags: readonly Ec2Tag[]): void {
  if (tags.length > 50) throw new AwsError('TagLimitExceeded', 400, 'The maximum is 50 tags');
  for (const { Key, Value } of tags) {
    if (Key === '' || Key.length > 128 || Value.length > 256 || Key.startsWith('aws:')) {
      throw new AwsError('InvalidParameterValue', 400, `The tag '${Key}' is not valid`);
    }
  }
}

/** @throws AwsError */
export function requireText(request: Shape, name: string): string {
  const value = request[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError('MissingParameter', 400, `The request must contain the parameter ${name}`);
}
