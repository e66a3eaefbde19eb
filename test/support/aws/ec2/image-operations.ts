import { AwsError } from '../aws-service.ts';
import type { FakeVolume } from './ec2-resources.ts';
import { type Ec2World, newId, newResource, requireText, tagsFor } from './ec2-world.ts';
import { filtered, pageOf } from './filters.ts';
import { snapshotContent } from './snapshot-content.ts';
import type { Shape } from './sdk-schema.ts';

interface EbsMapping {
  readonly SnapshotId?: string;
  readonly VolumeType?: string;
  readonly VolumeSize?: number;
  readonly Iops?: number;
  readonly Throughput?: number;
  readonly KmsKeyId?: string;
  readonly DeleteOnTermination?: boolean;
  readonly Encrypted?: boolean;
}

interface BlockDeviceMapping {
  readonly DeviceName?: string;
  readonly Ebs?: EbsMapping;
}

/** Images that are registered of snapshots; while one is, its snapshot cannot be deleted. */
export class ImageOperations {
  readonly #world: Ec2World;

  constructor(world: Ec2World) {
    this.#world = world;
  }

  register(request: Shape, region: string): Shape {
    const world = this.#world;
    const name = requireText(request, 'Name');
    if (world.images.all().some((one) => one.name === name && one.region === region)) {
      throw new AwsError('InvalidAMIName.Duplicate', 400, `The AMI name '${name}' is in use`);
    }
    const rootDevice = requireText(request, 'RootDeviceName');
    const root = mappingsIn(request).find(({ DeviceName }) => DeviceName === rootDevice);
    const snapshot = requireSnapshot(world, root?.Ebs?.SnapshotId, region);
    snapshot.heldBy = 'InvalidSnapshot.InUse';
    const id = newId('ami');
    world.images.add({
      ...newResource(world, id, tagsFor(request, 'image')),
      region,
      name,
      rootDevice,
      rootSnapshotId: snapshot.id,
      request,
    });
    return { ImageId: id };
  }

  deregister(request: Shape): Shape {
    const image = this.#world.images.require(requireText(request, 'ImageId'));
    const snapshot = this.#world.snapshots.find(image.rootSnapshotId);
    if (snapshot !== undefined) snapshot.heldBy = null;
    this.#world.images.remove(image.id);
    return {};
  }

  describe(request: Shape, region: string): Shape {
    const { images, timing } = this.#world;
    const found = filtered(
      images.visible().filter((one) => one.region === region),
      request,
      { 'image-id': ({ id }) => [id], name: ({ name }) => [name] },
    );
    const limits = { min: 5, max: 1000, fake: timing.pageLength };
    const { items, NextToken } = pageOf(found, request, limits);
    const Images = items.map(({ id, name, tags, rootDevice }) => ({
      ImageId: id,
      Name: name,
      State: 'available',
      RootDeviceName: rootDevice,
      Tags: tags,
    }));
    return { Images, NextToken };
  }

  /** The volumes of an instance that is launched of an image; one of the test has only its root in it. */
  makeVolumes(request: Shape, instanceId: string, region: string): readonly FakeVolume[] {
    const world = this.#world;
    const image = world.images.require(requireText(request, 'ImageId'));
    const tags = tagsFor(request, 'volume');
    const mappings = mappingsIn(request);
    return mappings.map(({ DeviceName = '', Ebs = {} }) => {
      const isRoot = DeviceName === image.rootDevice;
      if (isRoot && Ebs.SnapshotId !== undefined) {
        const text = 'snapshotId cannot be modified on root device';
        throw new AwsError('InvalidBlockDeviceMapping', 400, text);
      }
      const snapshotId = isRoot ? image.rootSnapshotId : Ebs.SnapshotId;
      const snapshot = requireSnapshot(world, snapshotId, region);
      const { VolumeSize: sizeGib = snapshot.sizeGib } = Ebs;
      if (sizeGib < snapshot.sizeGib) {
        const text = `Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGib}GB`;
        throw new AwsError('InvalidBlockDeviceMapping', 400, text);
      }
      const volumeId = newId('vol');
      return {
        ...newResource(world, volumeId, tags),
        sizeGib,
        snapshotId: snapshot.id,
        availabilityZone: `${region}a`,
        volumeType: Ebs.VolumeType ?? 'gp2',
        availableAtMs: world.now(),
        ...(Ebs.Encrypted === undefined ? {} : { isEncrypted: Ebs.Encrypted }),
        ...(Ebs.KmsKeyId === undefined ? {} : { keyId: Ebs.KmsKeyId }),
        ...(Ebs.Iops === undefined ? {} : { iops: Ebs.Iops }),
        ...(Ebs.Throughput === undefined ? {} : { throughput: Ebs.Throughput }),
        ...snapshotContent(world, snapshot, volumeId),
        attachment: {
          instanceId,
          device: DeviceName,
          attachedAtMs: world.now(),
          deleteOnTermination: Ebs.DeleteOnTermination ?? false,
        },
        deletedAtMs: null,
      };
    });
  }
}

function mappingsIn(request: Shape): readonly BlockDeviceMapping[] {
  return (request['BlockDeviceMappings'] ?? []) as readonly BlockDeviceMapping[];
}

function requireSnapshot(
  { snapshots, now }: Ec2World,
  id: string | undefined,
  region: string,
): NonNullable<ReturnType<Ec2World['snapshots']['find']>> {
  const snapshot = snapshots.find(id ?? '');
  if (snapshot?.region !== region) {
    throw new AwsError('InvalidSnapshot.NotFound', 400, `The snapshot '${id}' does not exist`);
  }
  if (now() < snapshot.completesAtMs) {
    throw new AwsError('InvalidSnapshot.State', 400, `Snapshot ${snapshot.id} is not completed`);
  }
  return snapshot;
}
