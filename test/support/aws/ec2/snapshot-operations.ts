import path from 'node:path';
import { replicaFiles } from '../../../../src/adapters/local-cloud/replicas/replica-record.ts';
import { requireSnapshot } from '../../../../src/adapters/local-cloud/snapshots/snapshot-catalogue.ts';
import { systemRandom } from '../../../../src/adapters/system/system-random.ts';
import { isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  Region,
  ReplicaSetId,
  SnapshotId,
  SnapshotSetId,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import { AwsError } from '../aws-service.ts';
import type { Ec2Tag, FakeSnapshot, FakeVolume } from './ec2-resources.ts';
import {
  checkTags,
  type Ec2World,
  localOwner,
  newResource,
  requireText,
  tagsFor,
} from './ec2-world.ts';
import { filtered, pageOf } from './filters.ts';
import type { Shape } from './sdk-schema.ts';

interface InstanceSpecification {
  readonly InstanceId?: string;
  readonly ExcludeBootVolume?: boolean;
  readonly ExcludeDataVolumeIds?: readonly string[];
}

export async function createSnapshots(world: Ec2World, request: Shape): Promise<Shape> {
  const { local, now, timing } = world;
  const specification = (request['InstanceSpecification'] ?? {}) as InstanceSpecification;
  const { InstanceId = '', ExcludeBootVolume = false, ExcludeDataVolumeIds = [] } = specification;
  const instance = world.instances.require(InstanceId);
  const tags = tagsFor(request, 'snapshot');
  const attached = world.volumes.all().filter((one) => one.attachment?.instanceId === instance.id);
  const isRoot = (one: (typeof attached)[number]): boolean =>
    one.attachment?.device === instance.rootDevice;
  const root = attached.find(isRoot);
  if (ExcludeDataVolumeIds.length > 40 || ExcludeDataVolumeIds.some((id) => id === root?.id)) {
    throw new AwsError('InvalidParameterValue', 400, 'ExcludeDataVolumeIds is not valid');
  }
  const missing = ExcludeDataVolumeIds.find((id) => !attached.some((one) => one.id === id));
  if (missing !== undefined) {
    throw new AwsError('InvalidParameterValue', 400, `The volume ${missing} is not attached`);
  }
  const taken = attached.filter(
    (one) => !(ExcludeBootVolume && isRoot(one)) && !ExcludeDataVolumeIds.includes(one.id),
  );
  for (const volume of taken) checkTags([...tags, ...copiedTags(request, volume)]);
  requireRoom(world, taken);
  const set = await local.snapshots.createSet({
    setId: systemRandom.uuid() as SnapshotSetId,
    owner: localOwner(),
    instanceId: instance.id as InstanceId,
    volumes: taken.map(({ id, attachment }) => ({
      volumeId: id as VolumeId,
      device: (attachment?.device ?? '') as DeviceName,
    })),
    policyId: null,
    volumeTags: 'leave',
    configuration: {},
  });
  const snapshotsFolder = path.join(world.localFolder, 'snapshots');
  const making = set.map(async ({ snapshotId, volumeId }): Promise<FakeSnapshot> => {
    const volume = taken.find(({ id }) => id === volumeId);
    const { imagePath } = await requireSnapshot(snapshotsFolder, snapshotId);
    return {
      ...newResource(world, snapshotId, [...tags, ...copiedTags(request, volume)]),
      region: world.homeRegion,
      volumeId,
      sizeGib: volume?.sizeGib ?? 0,
      description: descriptionIn(request),
      completesAtMs: now() + timing.snapshotMs,
      failure: null,
      heldBy: null,
      keyId: null,
      sharing: 'possible',
      readers: new Map(),
      imagePath,
      discard: () => local.snapshots.delete(snapshotId),
    };
  });
  const made = await Promise.all(making);
  for (const snapshot of made) world.snapshots.add(snapshot);
  return { Snapshots: made.map((one) => describeSnapshot(world, one)) };
}

/** @throws AwsError for what would be beyond a quota: one for all of them, or none */
function requireRoom(world: Ec2World, volumes: readonly FakeVolume[]): void {
  const { quotas, now } = world;
  const existing = world.snapshots.all().filter(({ region }) => region === world.homeRegion);
  const pending = existing.filter((one) => stateOf(world, one) === 'pending');
  if (existing.length + volumes.length > quotas.snapshotsMax) {
    throw new AwsError('SnapshotLimitExceeded', 400, 'Too many snapshots in this region');
  }
  if (pending.length + volumes.length > quotas.pendingSnapshotsMax) {
    throw new AwsError('PendingSnapshotLimitExceeded', 400, 'Too many pending snapshots');
  }
  for (const { id } of volumes) {
    if (pending.filter((one) => one.volumeId === id).length >= quotas.pendingSnapshotsOfVolumeMax) {
      throw new AwsError('ConcurrentSnapshotLimitExceeded', 400, `Too many pending ones of ${id}`);
    }
    const last = existing.findLast((one) => one.volumeId === id);
    if (last !== undefined && now() < last.madeAtMs + quotas.snapshotOfVolumeEveryMs) {
      const text = `The last one of ${id} is too short a time ago`;
      throw new AwsError('SnapshotCreationPerVolumeRateExceeded', 400, text);
    }
  }
}

/** EC2 copies no tags of its own, and does not count them. */
function copiedTags(request: Shape, volume: FakeVolume | undefined): readonly Ec2Tag[] {
  if (request['CopyTagsFromSource'] !== 'volume') return [];
  return (volume?.tags ?? []).filter(({ Key }) => !Key.startsWith('aws:'));
}

/** Called in the region of the copy. */
export async function copySnapshot(
  world: Ec2World,
  request: Shape,
  region: string,
): Promise<Shape> {
  const { local, now, timing } = world;
  const sourceId = requireText(request, 'SourceSnapshotId');
  const sourceRegion = requireText(request, 'SourceRegion');
  const tags = tagsFor(request, 'snapshot');
  const source = world.everySnapshot.find(sourceId);
  if (source?.region !== sourceRegion || !maySee(world, source)) {
    throw new AwsError(
      'InvalidSnapshot.NotFound',
      400,
      `The snapshot '${sourceId}' does not exist`,
    );
  }
  requireCompleted(world, source);
  const pending = world.snapshots
    .all()
    .filter((one) => one.region === region && stateOf(world, one) === 'pending');
  if (pending.length >= world.quotas.copiesAtOnceMax) {
    throw new AwsError('ResourceLimitExceeded', 400, 'Too many snapshot copies in progress');
  }
  const replica = await local.replicas
    .copy({
      replicaSetId: systemRandom.uuid() as ReplicaSetId,
      owner: localOwner(),
      target: { region: region as Region, keyId: null, account: null },
      sourceSnapshotId: sourceId as SnapshotId,
    })
    .catch((error: unknown) => {
      if (!isSnapledgerError(error)) throw error;
      throw new AwsError('InvalidSnapshot.NotFound', 400, error.message);
    });
  const { snapshotId } = replica;
  const keyId = (request['KmsKeyId'] as string | undefined) ?? null;
  world.snapshots.add({
    ...newResource(world, snapshotId, tags),
    region,
    // Arbitrary, as EC2 has it: "should not be used for any purpose".
    volumeId: 'vol-ffffffffffffffff0',
    sizeGib: source.sizeGib,
    description: descriptionIn(request),
    completesAtMs: now() + timing.copyMs,
    failure: isKeyUsable(world, source, keyId) ? null : 'Given key ID is not accessible',
    heldBy: null,
    keyId,
    sharing: 'possible',
    readers: new Map(),
    imagePath: path.join(world.localFolder, 'regions', region, snapshotId, replicaFiles.image),
    discard: () => local.replicas.delete(region as Region, snapshotId),
  });
  return { SnapshotId: snapshotId, Tags: tags };
}

export function describeSnapshots(world: Ec2World, request: Shape, region: string): Shape {
  const ids = request['SnapshotIds'] as readonly string[] | undefined;
  for (const id of ids ?? []) world.snapshots.require(id);
  const owners = request['OwnerIds'] as readonly string[] | undefined;
  const isOwn = owners?.includes('self') === true;
  // Of a region there are thousands, which whoever does not say 'self' is told of.
  const listed = [...world.snapshots.visible(), ...(isOwn ? [] : [publicSnapshot(region)])];
  const restorableBy = request['RestorableByUserIds'] as readonly string[] | undefined;
  const inRegion = listed
    .filter((one) => one.region === region && (ids?.includes(one.id) ?? true))
    // The owner may make volumes of its own, too.
    .filter(
      ({ ownerId, readers }) =>
        restorableBy?.some((id) => id === ownerId || readers.has(id)) ?? true,
    );
  const found = filtered(inRegion, request, {
    'snapshot-id': ({ id }) => [id],
    'volume-id': ({ volumeId }) => [volumeId],
    status: (one) => [stateOf(world, one)],
  });
  const { items, NextToken } = pageOf(found, request, {
    min: 5,
    max: 1000,
    fake: world.timing.pageLength,
  });
  const Snapshots = items.map((one) => ({
    ...describeSnapshot(world, one),
    StorageTier: one.tier ?? 'standard',
  }));
  return { Snapshots, NextToken };
}

/** One that somebody else has made and shares with everybody. */
function publicSnapshot(region: string): FakeSnapshot {
  return {
    id: 'snap-0ffffffffffffff00',
    madeAtMs: 0,
    visibleAtMs: 0,
    tags: [],
    region,
    volumeId: 'vol-ffffffff',
    sizeGib: 8,
    description: 'of another account',
    completesAtMs: 0,
    failure: null,
    heldBy: null,
    keyId: null,
    ownerId: '999999999999',
    sharing: 'possible',
    readers: new Map(),
    imagePath: null,
    discard: () => Promise.resolve(),
  };
}

/** Only the owner of a snapshot says who may read it. */
export function modifySnapshotAttribute(world: Ec2World, request: Shape, region: string): Shape {
  const snapshot = ownSnapshot(world, request, region);
  if (request['Attribute'] !== 'createVolumePermission') {
    throw new AwsError('InvalidParameterValue', 400, 'The fake knows createVolumePermission only');
  }
  for (const id of (request['UserIds'] ?? []) as readonly string[]) {
    if (request['OperationType'] === 'remove') {
      snapshot.readers.delete(id);
    } else if (snapshot.sharing === 'impossible') {
      const text = 'Encrypted snapshots with EBS default key cannot be shared';
      throw new AwsError('OperationNotPermitted', 400, text);
    } else if (!snapshot.readers.has(id)) {
      snapshot.readers.set(id, world.now() + world.timing.sharedAfterMs);
    }
  }
  return {};
}

function ownSnapshot(world: Ec2World, request: Shape, region: string): FakeSnapshot {
  const snapshot = world.snapshots.require(requireText(request, 'SnapshotId'));
  if (snapshot.region === region) return snapshot;
  throw new AwsError('InvalidSnapshot.NotFound', 400, `'${snapshot.id}' does not exist`);
}

function maySee({ accountId, now }: Ec2World, { ownerId, readers }: FakeSnapshot): boolean {
  return ownerId === accountId || (readers.get(accountId) ?? Infinity) <= now();
}

/** A key that is wrong, or that the account may not use, shows only later, in the state. */
function isKeyUsable({ accountId }: Ec2World, source: FakeSnapshot, keyId: string | null): boolean {
  const isOursOnly = source.keyId?.includes('ours-only') === true;
  if (isOursOnly && source.ownerId !== accountId) return false;
  return keyId?.includes('missing') !== true;
}

export async function deleteSnapshot(
  world: Ec2World,
  request: Shape,
  region: string,
): Promise<Shape> {
  const snapshot = world.snapshots.require(requireText(request, 'SnapshotId'));
  if (snapshot.region !== region) {
    throw new AwsError('InvalidSnapshot.NotFound', 400, `'${snapshot.id}' does not exist`);
  }
  if (snapshot.heldBy !== null) {
    throw new AwsError(snapshot.heldBy, 400, `The snapshot ${snapshot.id} is currently in use`);
  }
  await snapshot.discard();
  world.snapshots.remove(snapshot.id);
  return {};
}

function describeSnapshot(world: Ec2World, snapshot: FakeSnapshot): Shape {
  const state = stateOf(world, snapshot);
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    VolumeSize: snapshot.sizeGib,
    State: state,
    ...(state === 'error' ? { StateMessage: snapshot.failure } : {}),
    StartTime: new Date(snapshot.madeAtMs),
    Progress: state === 'completed' ? '100%' : '0%',
    OwnerId: snapshot.ownerId,
    Description: snapshot.description,
    Encrypted: snapshot.keyId !== null,
    Tags: snapshot.tags,
  };
}

function descriptionIn(request: Shape): string {
  return (request['Description'] as string | undefined) ?? '';
}

/** For who wants to use it. @throws AwsError, also for a while after it is shown as completed */
export function requireCompleted(world: Ec2World, snapshot: FakeSnapshot): void {
  const isAgreed = world.now() >= snapshot.completesAtMs + world.timing.agreedAfterMs;
  if (stateOf(world, snapshot) === 'completed' && isAgreed && snapshot.tier !== 'archive') return;
  throw new AwsError('IncorrectState', 400, `The snapshot '${snapshot.id}' is not completed`);
}

export function stateOf(
  { now }: Ec2World,
  { completesAtMs, failure }: FakeSnapshot,
): 'pending' | 'completed' | 'error' {
  if (now() < completesAtMs) return 'pending';
  return failure === null ? 'completed' : 'error';
}
