import { blockSizeBytes } from '../../../../src/domain/block-size.ts';
import type { LocalCloud } from '../../../../src/adapters/local-cloud/local-cloud.ts';
import { createTokenBuckets } from '../token-bucket.ts';
import { AwsError, type AwsReply, type AwsRequest, type AwsService } from '../aws-service.ts';
import type { Ec2Tag } from './ec2-resources.ts';
import {
  checkTags,
  createEc2World,
  type Ec2World,
  newId,
  newResource,
  worldOf,
} from './ec2-world.ts';
import { ImageOperations } from './image-operations.ts';
import { InstanceOperations } from './instance-operations.ts';
import { escaped, formatReply, parseRequest, type Shape } from './sdk-schema.ts';
import {
  copySnapshot,
  createSnapshots,
  deleteSnapshot,
  describeSnapshots,
  modifySnapshotAttribute,
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
  /** What dry runs answer is not allowed: `CopySnapshot`, or `CopySnapshot in eu-other-2`, or in an account. Real requests are: the fake knows no permissions. */
  readonly forbidden = new Set<string>();
  readonly #accounts = new Map<string, AccountOperations>();
  readonly #take: ReturnType<typeof createTokenBuckets>;

  constructor({ now = Date.now, ...options }: FakeEc2Options) {
    this.world = createEc2World({ ...options, now });
    this.#take = createTokenBuckets(now);
  }

  operationOf({ body }: AwsRequest): string {
    return formOf(body).get('Action') ?? 'unknown';
  }

  async handle(request: AwsRequest): Promise<AwsReply> {
    const form = formOf(request.body);
    const action = form.get('Action') ?? '';
    this.#admit(`${action} ${request.region} ${request.accountId}`);
    if (form.get('DryRun') === 'true') this.#dryRun(action, request);
    const account = this.#accountOf(request.accountId);
    const reply = await perform(account, action, parseRequest(action, form), request.region);
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

  /** Each action has a bucket of its own in each region of each account. */
  #admit(key: string): void {
    const { requests } = this.world.quotas;
    if (requests === null || this.#take(key, requests)) return;
    throw new AwsError('RequestLimitExceeded', 503, 'Request limit exceeded.');
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

  #accountOf(accountId: string): AccountOperations {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const world = worldOf(this.world, accountId);
    const images = new ImageOperations(world);
    const made = {
      world,
      images,
      instances: new InstanceOperations(world, images),
      volumes: new VolumeOperations(world),
    };
    this.#accounts.set(accountId, made);
    return made;
  }

  /** Has no effect, and always answers with an error: which one tells whether the caller may. */
  #dryRun(action: string, { region, accountId }: AwsRequest): never {
    const names = [action, `${action} in ${region}`, `${action} in ${accountId}`];
    if (names.some((name) => this.forbidden.has(name))) {
      const text = 'You are not authorized to perform this operation.';
      throw new AwsError('UnauthorizedOperation', 403, text);
    }
    const text = 'Request would have succeeded, but DryRun flag is set.';
    throw new AwsError('DryRunOperation', 412, text);
  }
}

/** What the API does in one account. */
interface AccountOperations {
  readonly world: Ec2World;
  readonly images: ImageOperations;
  readonly instances: InstanceOperations;
  readonly volumes: VolumeOperations;
}

async function perform(
  { world, images, instances, volumes }: AccountOperations,
  action: string,
  request: Shape,
  region: string,
): Promise<Shape> {
  switch (action) {
    case 'DescribeInstances':
      return instances.describe(request, region);
    case 'DescribeInstanceTypes':
      return describeInstanceTypes(request);
    case 'RunInstances':
      return instances.run(request, region);
    case 'TerminateInstances':
      return instances.terminate(request);
    case 'StopInstances':
      return instances.stop(request);
    case 'StartInstances':
      return instances.start(request);
    case 'ModifyInstanceAttribute':
      return instances.modifyAttribute(request);
    case 'RegisterImage':
      return images.register(request, region);
    case 'DeregisterImage':
      return images.deregister(request);
    case 'DescribeImages':
      return images.describe(request, region);
    case 'CreateSnapshots':
      return createSnapshots(world, request);
    case 'CopySnapshot':
      return copySnapshot(world, request, region);
    case 'DescribeSnapshots':
      return describeSnapshots(world, request, region);
    case 'ModifySnapshotAttribute':
      return modifySnapshotAttribute(world, request, region);
    case 'DeleteSnapshot':
      return deleteSnapshot(world, request, region);
    case 'CreateVolume':
      return volumes.create(request, region);
    case 'AttachVolume':
      return volumes.attach(request);
    case 'DetachVolume':
      return volumes.detach(request);
    case 'DeleteVolume':
      return volumes.delete(request);
    case 'DescribeVolumes':
      return volumes.describe(request, region);
    case 'CreateTags':
      return createTags(world, request);
    case 'DeleteTags':
      return deleteTags(world, request);
    default:
      throw new AwsError('InvalidAction', 400, `The action ${action} is not valid`);
  }
}

function createTags({ instances, volumes, snapshots }: Ec2World, request: Shape): Shape {
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
function deleteTags({ instances, volumes, snapshots }: Ec2World, request: Shape): Shape {
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
