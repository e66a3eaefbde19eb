import type { WorkerId } from '../../../../src/domain/identifiers.ts';
import { AwsError } from '../aws-service.ts';
import type { FakeInstance } from './ec2-resources.ts';
import type { ImageOperations } from './image-operations.ts';
import {
  type Ec2World,
  localOwner,
  newId,
  newResource,
  requireText,
  tagsFor,
} from './ec2-world.ts';
import { filtered, pageOf } from './filters.ts';
import type { Shape } from './sdk-schema.ts';
import { requireSameRequest, requireToken } from './volume-operations.ts';
import { usualMachine } from '../../../../src/domain/policy/worker-policy.ts';

const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;
type InstanceState = keyof typeof stateCodes;

/** Of user data before it is encoded. */
const userDataMaxBytes = 16 * 1024;

export class InstanceOperations {
  readonly #world: Ec2World;
  readonly #images: ImageOperations;
  readonly #tokens = new Map<string, { readonly asked: string; readonly made: Promise<string> }>();

  constructor(world: Ec2World, images: ImageOperations) {
    this.#world = world;
    this.#images = images;
  }

  async run(request: Shape, region: string): Promise<Shape> {
    const { ClientToken, ...asked } = request;
    const token = requireToken(ClientToken);
    const known = this.#tokens.get(token);
    if (known !== undefined) requireSameRequest(known.asked, asked);
    const isOfImage = this.#world.images.find(requireText(request, 'ImageId')) !== undefined;
    const made =
      known?.made ??
      (isOfImage
        ? Promise.resolve(this.#launchImage(request, token, region))
        : this.#launch(request, token, region));
    if (known === undefined) this.#tokens.set(token, { asked: JSON.stringify(asked), made });
    const instance = this.#world.instances.find(await made);
    if (instance === undefined) throw new AwsError('InternalError', 500, 'the instance is gone');
    return {
      OwnerId: this.#world.accountId,
      ReservationId: instance.id.replace('i-', 'r-'),
      Instances: [await this.#describe(instance)],
    };
  }

  async terminate(request: Shape): Promise<Shape> {
    const ids = (request['InstanceIds'] ?? []) as readonly string[];
    const instances = ids.map((id) => this.#world.instances.require(id));
    for (const instance of instances) {
      if (instance.machineId === null && instance.clientToken !== null) {
        instance.terminatedAtMs ??= this.#world.now();
        continue;
      }
      if (instance.machineId === null) {
        throw new AwsError('OperationNotPermitted', 400, 'This instance is no worker of the test');
      }
      await this.#world.local.workers.terminate(instance.machineId as WorkerId);
      unplugAll(this.#world, instance);
      instance.terminatedAtMs ??= this.#world.now();
      instance.terminationReason ??= 'Client.UserInitiatedShutdown: User initiated shutdown';
    }
    freeVolumesOfEnded(this.#world);
    const ended = instances.map(async (instance) => {
      const Name = await instanceStateOf(this.#world, instance);
      return { InstanceId: instance.id, CurrentState: { Code: stateCodes[Name], Name } };
    });
    return { TerminatingInstances: await Promise.all(ended) };
  }

  /** Fine when it is stopped, or being stopped. */
  async stop(request: Shape): Promise<Shape> {
    const { now } = this.#world;
    return this.#changed(request, 'StoppingInstances', (instance, state) => {
      if (state === 'running') instance.stoppedAtMs = now();
      else if (state !== 'stopping' && state !== 'stopped') throw incorrectState(instance, state);
    });
  }

  /** Fine when it runs, or is being started; not while it is being stopped. */
  async start(request: Shape): Promise<Shape> {
    const { now, timing, volumes } = this.#world;
    return this.#changed(request, 'StartingInstances', (instance, state) => {
      if (state === 'running' || state === 'pending') return;
      if (state !== 'stopped') throw incorrectState(instance, state);
      const hasRoot = volumes
        .all()
        .some(
          ({ attachment }) =>
            attachment?.instanceId === instance.id && attachment.device === instance.rootDevice,
        );
      if (!hasRoot) {
        const text = `Invalid value '${instance.id}' for instanceId. Instance does not have a volume attached at root`;
        throw new AwsError('IncorrectInstanceState', 400, text);
      }
      instance.stoppedAtMs = null;
      instance.runningAtMs = now() + timing.bootMs;
    });
  }

  /** Of volumes that are attached, whether they go with the instance; nothing else. */
  modifyAttribute(request: Shape): Shape {
    const { id } = this.#world.instances.require(requireText(request, 'InstanceId'));
    const mappings = (request['BlockDeviceMappings'] ?? []) as readonly {
      readonly DeviceName?: string;
      readonly Ebs?: { readonly DeleteOnTermination?: boolean };
    }[];
    for (const { DeviceName, Ebs } of mappings) {
      const volume = this.#world.volumes
        .all()
        .find(
          ({ attachment }) => attachment?.instanceId === id && attachment.device === DeviceName,
        );
      if (volume === undefined || volume.attachment === null) {
        throw new AwsError('InvalidInstanceAttributeValue', 400, `No device ${String(DeviceName)}`);
      }
      const deleteOnTermination = Ebs?.DeleteOnTermination ?? true;
      volume.attachment = { ...volume.attachment, deleteOnTermination };
    }
    return {};
  }

  async #changed(
    request: Shape,
    name: string,
    change: (instance: FakeInstance, state: InstanceState) => void,
  ): Promise<Shape> {
    const ids = (request['InstanceIds'] ?? []) as readonly string[];
    const changed: Shape[] = [];
    for (const id of ids) {
      const instance = this.#world.instances.require(id);
      const before = await instanceStateOf(this.#world, instance);
      change(instance, before);
      const after = await instanceStateOf(this.#world, instance);
      changed.push({
        InstanceId: id,
        PreviousState: { Code: stateCodes[before], Name: before },
        CurrentState: { Code: stateCodes[after], Name: after },
      });
    }
    return { [name]: changed };
  }

  async describe(request: Shape, region: string): Promise<Shape> {
    const { instances, timing } = this.#world;
    freeVolumesOfEnded(this.#world);
    const ids = request['InstanceIds'] as readonly string[] | undefined;
    for (const id of ids ?? []) {
      if (!/^i-[0-9a-f]{17}$/.test(id)) {
        throw new AwsError('InvalidInstanceID.Malformed', 400, `Invalid id: "${id}"`);
      }
      instances.require(id);
    }
    const inRegion = instances
      .visible()
      .filter((one) => one.region === region && (ids?.includes(one.id) ?? true));
    const states = new Map<string, InstanceState>();
    for (const one of inRegion) states.set(one.id, await instanceStateOf(this.#world, one));
    const found = filtered(inRegion, request, {
      'instance-id': ({ id }) => [id],
      'instance-state-name': ({ id }) => [states.get(id) ?? ''],
    });
    const limits = { min: 5, max: 1000, fake: timing.pageLength };
    const { items, NextToken } = pageOf(found, request, limits);
    const reservations = items.map(async (one) => ({
      ReservationId: one.id.replace('i-', 'r-'),
      Instances: [await this.#describe(one)],
    }));
    return { Reservations: await Promise.all(reservations), NextToken };
  }

  /** An instance of an image that was registered here: it only is there, nothing boots. */
  #launchImage(request: Shape, token: string, region: string): string {
    const world = this.#world;
    const id = newId('i');
    const volumes = this.#images.makeVolumes(request, id, region);
    for (const volume of volumes) world.volumes.add(volume);
    world.instances.add({
      ...newResource(world, id, tagsFor(request, 'instance')),
      region,
      clientToken: token,
      rootDevice: world.images.find(requireText(request, 'ImageId'))?.rootDevice ?? '',
      instanceType: requireText(request, 'InstanceType'),
      availabilityZone: `${region}a`,
      subnetId: requireText(request, 'SubnetId'),
      runningAtMs: world.now() + world.timing.bootMs,
      productCodes: [],
      userData: new Uint8Array(),
      request,
      machineId: null,
      stoppedAtMs: null,
      terminatedAtMs: null,
      terminationReason: null,
    });
    return id;
  }

  async #launch(request: Shape, token: string, region: string): Promise<string> {
    const world = this.#world;
    const userData = Buffer.from(requireText(request, 'UserData'), 'base64');
    if (userData.length > userDataMaxBytes) {
      throw new AwsError('InvalidUserData.Malformed', 400, 'User data is limited to 16384 bytes');
    }
    const tags = tagsFor(request, 'instance');
    const { workerId } = await world.local.workers.launch({
      owner: localOwner(),
      clientToken: token,
      userData,
      machine: usualMachine,
    });
    const id = newId('i');
    world.instances.add({
      ...newResource(world, id, tags),
      region,
      clientToken: token,
      rootDevice: '/dev/xvda',
      instanceType: requireText(request, 'InstanceType'),
      availabilityZone: `${region}a`,
      subnetId: (request['SubnetId'] as string | undefined) ?? 'subnet-default',
      runningAtMs: world.now() + world.timing.bootMs,
      productCodes: [],
      userData,
      request,
      machineId: workerId,
      stoppedAtMs: null,
      terminatedAtMs: null,
      terminationReason: null,
    });
    return id;
  }

  async #describe(instance: FakeInstance): Promise<Shape> {
    const state = await instanceStateOf(this.#world, instance);
    if (state === 'terminated' && instance.machineId !== null) unplugAll(this.#world, instance);
    const attached = this.#world.volumes
      .all()
      .filter(({ attachment }) => attachment?.instanceId === instance.id);
    const [code, message] = (instance.terminationReason ?? '').split(': ');
    return {
      InstanceId: instance.id,
      ClientToken: instance.clientToken ?? undefined,
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: instance.instanceType,
      Architecture: 'x86_64',
      PlatformDetails: 'Linux/UNIX',
      EnaSupport: true,
      LaunchTime: new Date(instance.madeAtMs),
      Placement: { AvailabilityZone: instance.availabilityZone },
      SubnetId: instance.subnetId,
      State: { Code: stateCodes[state], Name: state },
      StateReason:
        instance.terminationReason === null ? undefined : { Code: code, Message: message },
      ProductCodes: instance.productCodes.map((ProductCodeId) => ({
        ProductCodeId,
        ProductCodeType: 'marketplace',
      })),
      RootDeviceName: instance.rootDevice,
      SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0', GroupName: 'default' }],
      BlockDeviceMappings: attached.map(({ id, attachment }) => ({
        DeviceName: attachment?.device,
        Ebs: {
          VolumeId: id,
          Status: 'attached',
          DeleteOnTermination: attachment?.deleteOnTermination ?? false,
        },
      })),
      Tags: instance.tags,
    };
  }
}

function incorrectState({ id }: FakeInstance, state: InstanceState): AwsError {
  const text = `The instance '${id}' is not in a state from which it can be changed: ${state}`;
  return new AwsError('IncorrectInstanceState', 400, text);
}

/** What was attached later, or is to be kept, survives the end of its instance. */
function unplugAll(world: Ec2World, { id }: FakeInstance): void {
  for (const volume of world.volumes.all()) {
    if (volume.attachment?.instanceId !== id) continue;
    if (volume.attachment.deleteOnTermination === true) volume.deletedAtMs = world.now();
    volume.attachment = null;
  }
}

/** Of instances of images: those of workers are freed as their machine ends. */
export function freeVolumesOfEnded(world: Ec2World): void {
  const { shutdownMs, freeAfterMs } = world.timing;
  for (const instance of world.instances.all()) {
    const { terminatedAtMs, machineId } = instance;
    if (terminatedAtMs === null || machineId !== null) continue;
    if (world.now() >= terminatedAtMs + shutdownMs + freeAfterMs) unplugAll(world, instance);
  }
}

/** An instance whose machine has shut itself down is terminated: workers are asked for with that. */
export async function instanceStateOf(
  { local, now, timing }: Ec2World,
  instance: FakeInstance,
): Promise<InstanceState> {
  const { terminatedAtMs } = instance;
  if (terminatedAtMs !== null) {
    const isEnding = instance.machineId === null && now() < terminatedAtMs + timing.shutdownMs;
    return isEnding ? 'shutting-down' : 'terminated';
  }
  if (instance.stoppedAtMs !== null) {
    return now() < instance.stoppedAtMs + timing.stopMs ? 'stopping' : 'stopped';
  }
  if (instance.machineId === null) return now() < instance.runningAtMs ? 'pending' : 'running';
  const machine = await local.workers.describe(instance.machineId as WorkerId);
  if (machine === null || machine.state === 'gone') {
    instance.terminatedAtMs = now();
    const how = instance.request['InstanceInitiatedShutdownBehavior'];
    instance.terminationReason ??= 'Client.InstanceInitiatedShutdown: Instance initiated shutdown';
    return how === 'terminate' ? 'terminated' : 'stopped';
  }
  return now() < instance.runningAtMs ? 'pending' : 'running';
}
