import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { LocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { AwsError, type AwsReply, type AwsRequest, type AwsService } from '../aws-service.ts';
import type { Ec2Tag } from './ec2-resources.ts';
import { checkTags, createEc2World, type Ec2World, newId, newResource } from './ec2-world.ts';
import { ImageOperations } from './image-operations.ts';
import { InstanceOperations } from './instance-operations.ts';
import { escaped, formatReply, parseRequest, type Shape } from './sdk-schema.ts';
import {
  copySnapshot,
  createSnapshots,
  deleteSnapshot,
  describeSnapshots,
} from './snapshot-operations.ts';
import { VolumeOperations } from './volume-operations.ts';

export interface FakeEc2Options {
  readonly local: LocalCloud;
  readonly localFolder: string;
  /** Where instances are; copies of snapshots may be in any other. */
  readonly homeRegion: string;
  readonly now?: () => number;
}

export interface FakeEc2Disk {
  readonly device: string;
  readonly sizeGib: number;
  /** The content of the beginning of the disk; the rest was never written. */
  readonly imagePath: string;
  readonly tags?: readonly Ec2Tag[];
}

/** The smallest image that a disk of the fake may have. */
export const imageMinBytes = blockSizeBytes;

/**
 * A FAKE of EC2 for FakeAws: what snapledger asks of instances, volumes and snapshots, in the query
 * protocol, over a local cloud that holds the data. Things appear late, take their time, come in
 * pages; client tokens work where EC2 has them and nowhere else; errors have the codes of EC2.
 *
 * Requests and replies are read and written by the SDK's own definitions: the fake cannot show
 * that those are wrong, nor what EC2 does beyond what the notes of the project know.
 */
export class FakeEc2 implements AwsService {
  readonly name = 'ec2';
  readonly world: Ec2World;
  /** What dry runs answer is not allowed: `CopySnapshot`, or `CopySnapshot in eu-other-2`. Real requests are: the fake knows no permissions. */
  readonly forbidden = new Set<string>();
  readonly #images: ImageOperations;
  readonly #instances: InstanceOperations;
  readonly #volumes: VolumeOperations;

  constructor({ now = Date.now, ...options }: FakeEc2Options) {
    this.world = createEc2World({ ...options, now });
    this.#images = new ImageOperations(this.world);
    this.#instances = new InstanceOperations(this.world, this.#images);
    this.#volumes = new VolumeOperations(this.world);
  }

  operationOf({ body }: AwsRequest): string {
    return formOf(body).get('Action') ?? 'unknown';
  }

  async handle(request: AwsRequest): Promise<AwsReply> {
    const form = formOf(request.body);
    const action = form.get('Action') ?? '';
    if (form.get('DryRun') === 'true') this.#dryRun(action, request.region);
    const reply = await this.#perform(action, parseRequest(action, form), request.region);
    return {
      status: 200,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: formatReply(action, reply, 'fake'),
    };
  }

  errorReply({ code, status, message }: AwsError, requestId: string): AwsReply {
    return {
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body:
        `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code>` +
        `<Message>${escaped(message)}</Message></Error></Errors>` +
        `<RequestID>${requestId}</RequestID></Response>`,
    };
  }

  /** An instance that can be backed up; the first disk is its root. */
  async addInstance(disks: readonly FakeEc2Disk[], tags: readonly Ec2Tag[] = []): Promise<string> {
    const id = newId('i');
    const { volumes } = await this.world.local.addInstance({
      instanceId: id,
      volumes: disks.map(({ device, imagePath }) => ({ device, imagePath })),
    });
    const availabilityZone = `${this.world.homeRegion}a`;
    const madeAtMs = this.world.now();
    const shown = { madeAtMs, visibleAtMs: madeAtMs };
    for (const { device, sizeGib, tags: volumeTags = [] } of disks) {
      const volumeId = volumes.find((one) => one.device === device)?.volumeId ?? '';
      this.world.volumes.add({
        ...newResource(this.world, volumeId, volumeTags),
        ...shown,
        sizeGib,
        snapshotId: '',
        availabilityZone,
        volumeType: 'gp3',
        availableAtMs: madeAtMs,
        discard: () => Promise.resolve(),
        attachment: { instanceId: id, device, attachedAtMs: madeAtMs - 60_000 },
        deletedAtMs: null,
      });
    }
    this.world.instances.add({
      ...newResource(this.world, id, tags),
      ...shown,
      region: this.world.homeRegion,
      clientToken: null,
      rootDevice: disks[0]?.device ?? '',
      instanceType: 'm7i.large',
      availabilityZone,
      subnetId: 'subnet-0123456789abcdef0',
      runningAtMs: madeAtMs,
      productCodes: [],
      userData: new Uint8Array(),
      request: {},
      machineId: null,
      stoppedAtMs: null,
      terminatedAtMs: null,
      terminationReason: null,
    });
    return id;
  }

  async #perform(action: string, request: Shape, region: string): Promise<Shape> {
    switch (action) {
      case 'DescribeInstances':
        return this.#instances.describe(request, region);
      case 'DescribeInstanceTypes':
        return describeInstanceTypes(request);
      case 'RunInstances':
        return this.#instances.run(request, region);
      case 'TerminateInstances':
        return this.#instances.terminate(request);
      case 'StopInstances':
        return this.#instances.stop(request);
      case 'StartInstances':
        return this.#instances.start(request);
      case 'ModifyInstanceAttribute':
        return this.#instances.modifyAttribute(request);
      case 'RegisterImage':
        return this.#images.register(request, region);
      case 'DeregisterImage':
        return this.#images.deregister(request);
      case 'DescribeImages':
        return this.#images.describe(request, region);
      case 'CreateSnapshots':
        return createSnapshots(this.world, request);
      case 'CopySnapshot':
        return copySnapshot(this.world, request, region);
      case 'DescribeSnapshots':
        return describeSnapshots(this.world, request, region);
      case 'DeleteSnapshot':
        return deleteSnapshot(this.world, request, region);
      case 'CreateVolume':
        return this.#volumes.create(request, region);
      case 'AttachVolume':
        return this.#volumes.attach(request);
      case 'DetachVolume':
        return this.#volumes.detach(request);
      case 'DeleteVolume':
        return this.#volumes.delete(request);
      case 'DescribeVolumes':
        return this.#volumes.describe(request, region);
      case 'CreateTags':
        return this.#createTags(request);
      case 'DeleteTags':
        return this.#deleteTags(request);
      default:
        throw new AwsError('InvalidAction', 400, `The action ${action} is not valid`);
    }
  }

  /** Has no effect, and always answers with an error: which one tells whether the caller may. */
  #dryRun(action: string, region: string): never {
    if (this.forbidden.has(action) || this.forbidden.has(`${action} in ${region}`)) {
      const text = 'You are not authorized to perform this operation.';
      throw new AwsError('UnauthorizedOperation', 403, text);
    }
    const text = 'Request would have succeeded, but DryRun flag is set.';
    throw new AwsError('DryRunOperation', 412, text);
  }

  #createTags(request: Shape): Shape {
    const { instances, volumes, snapshots } = this.world;
    const added = (request['Tags'] ?? []) as readonly Ec2Tag[];
    for (const id of (request['Resources'] ?? []) as readonly string[]) {
      const resource = instances.find(id) ?? volumes.find(id) ?? snapshots.require(id);
      const kept = resource.tags.filter(({ Key }) => !added.some((tag) => tag.Key === Key));
      const tags = [...kept, ...added];
      checkTags(tags);
      resource.tags = tags;
    }
    return {};
  }

  /** A tag without a value goes whatever its value is. */
  #deleteTags(request: Shape): Shape {
    const { instances, volumes, snapshots } = this.world;
    const gone = (request['Tags'] ?? []) as readonly Partial<Ec2Tag>[];
    for (const id of (request['Resources'] ?? []) as readonly string[]) {
      const resource = instances.find(id) ?? volumes.find(id) ?? snapshots.require(id);
      resource.tags = resource.tags.filter(
        (tag) =>
          !gone.some(
            ({ Key, Value }) => Key === tag.Key && (Value === undefined || Value === tag.Value),
          ),
      );
    }
    return {};
  }
}

/** Types that have a `d` after their number (m6id.large) come with disks of their host. */
function describeInstanceTypes(request: Shape): Shape {
  const asked = (request['InstanceTypes'] ?? []) as readonly string[];
  return {
    InstanceTypes: asked.map((InstanceType) => {
      const InstanceStorageSupported = /^[a-z]+\d+[a-z]*d[a-z]*\./.test(InstanceType);
      return {
        InstanceType,
        InstanceStorageSupported,
        InstanceStorageInfo: InstanceStorageSupported ? { TotalSizeInGB: 118 } : undefined,
      };
    }),
  };
}

function formOf(body: Uint8Array): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(Buffer.from(body).toString('utf8')));
}
