import { chmod, copyFile, mkdir, rm, symlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { bytesPerGib } from '../../../../src/adapters/aws/ec2/ec2-limits.ts';
import { isSnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { SnapshotId, VolumeId, WorkerId } from '../../../../src/domain/identifiers.ts';
import { AwsError } from '../aws-service.ts';
import { ownAccountId } from '../signature/verify-signature.ts';
import type { FakeVolume } from './ec2-resources.ts';
import {
  type Ec2World,
  localOwner,
  newId,
  newResource,
  requireText,
  tagsFor,
} from './ec2-world.ts';
import { filtered, pageOf } from './filters.ts';
import { freeVolumesOfEnded, instanceStateOf } from './instance-operations.ts';
import type { Shape } from './sdk-schema.ts';
import { snapshotContent } from './snapshot-content.ts';
import { requireCompleted } from './snapshot-operations.ts';

/** How long a deleted volume is shown as `deleting`. */
const deletingMs = 100;

export class VolumeOperations {
  readonly #world: Ec2World;
  /** Of each client token: what was asked for with it, and the volume that it made. */
  readonly #tokens = new Map<string, { readonly asked: string; readonly volumeId: string }>();

  constructor(world: Ec2World) {
    this.#world = world;
  }

  async create(request: Shape, region: string): Promise<Shape> {
    const world = this.#world;
    const { ClientToken, ...asked } = request;
    const token = requireToken(ClientToken);
    const known = this.#tokens.get(token);
    if (known !== undefined) {
      requireSameRequest(known.asked, asked);
      return this.#describe(world.volumes.require(known.volumeId));
    }
    const tags = tagsFor(request, 'volume');
    const zone = requireText(request, 'AvailabilityZone');
    if (!zone.startsWith(region)) {
      throw new AwsError('InvalidZone.NotFound', 400, `The zone '${zone}' does not exist`);
    }
    const snapshot = world.snapshots.find(requireText(request, 'SnapshotId'));
    if (snapshot?.region !== region) {
      throw new AwsError('InvalidSnapshot.NotFound', 400, 'The snapshot does not exist');
    }
    requireCompleted(world, snapshot);
    if (
      snapshot.written !== undefined ||
      region !== world.homeRegion ||
      world.accountId !== ownAccountId
    ) {
      const volumeId = newId('vol');
      const restored: FakeVolume = {
        ...newResource(world, volumeId, tags),
        sizeGib: snapshot.sizeGib,
        snapshotId: snapshot.id,
        availabilityZone: zone,
        volumeType: (request['VolumeType'] as string | undefined) ?? 'gp2',
        ...performanceIn(request),
        availableAtMs: world.now() + world.timing.volumeMs,
        ...snapshotContent(world, snapshot, volumeId),
        ...(snapshot.keyId === null ? {} : { isEncrypted: true, keyId: snapshot.keyId }),
        attachment: null,
        deletedAtMs: null,
      };
      world.volumes.add(restored);
      this.#tokens.set(token, { asked: JSON.stringify(asked), volumeId });
      return this.#describe(restored);
    }
    const { volumeId } = await world.local.volumes.create({
      snapshotId: snapshot.id as SnapshotId,
      owner: localOwner(),
      clientToken: token,
    });
    // Another request with this token may have come meanwhile; the local volume is the same one.
    const existing = world.volumes.find(volumeId);
    if (existing !== undefined) return this.#describe(existing);
    const volume: FakeVolume = {
      ...newResource(world, volumeId, tags),
      sizeGib: snapshot.sizeGib,
      snapshotId: snapshot.id,
      availabilityZone: zone,
      volumeType: (request['VolumeType'] as string | undefined) ?? 'gp2',
      ...performanceIn(request),
      availableAtMs: world.now() + world.timing.volumeMs,
      discard: () => world.local.volumes.delete(volumeId),
      attachment: null,
      deletedAtMs: null,
    };
    world.volumes.add(volume);
    this.#tokens.set(token, { asked: JSON.stringify(asked), volumeId });
    return this.#describe(volume);
  }

  async attach(request: Shape): Promise<Shape> {
    const world = this.#world;
    const volume = world.volumes.require(requireText(request, 'VolumeId'));
    const instance = world.instances.require(requireText(request, 'InstanceId'));
    const device = requireText(request, 'Device');
    const state = await instanceStateOf(world, instance);
    if (state !== 'running' && state !== 'stopped') {
      throw new AwsError('IncorrectState', 400, `Instance '${instance.id}' is not 'running'`);
    }
    if (volume.attachment !== null) {
      throw new AwsError('VolumeInUse', 400, `${volume.id} is already attached to an instance`);
    }
    if (this.#stateOf(volume) !== 'available') {
      throw new AwsError('IncorrectState', 400, `Volume '${volume.id}' is not 'available'`);
    }
    if (volume.availabilityZone !== instance.availabilityZone) {
      throw new AwsError('InvalidVolume.ZoneMismatch', 400, 'They are in different zones');
    }
    const isTaken = world.volumes
      .all()
      .some(({ attachment: one }) => one?.instanceId === instance.id && one.device === device);
    if (isTaken) {
      throw new AwsError('InvalidParameterValue', 400, `${device} is already in use`);
    }
    if (instance.machineId !== null) await this.#plugIn(volume, instance.machineId);
    volume.attachment = { instanceId: instance.id, device, attachedAtMs: world.now() };
    return attachmentOf(volume, 'attaching');
  }

  async detach(request: Shape): Promise<Shape> {
    const volume = this.#world.volumes.require(requireText(request, 'VolumeId'));
    if (volume.attachment === null) {
      throw new AwsError('IncorrectState', 400, `Volume '${volume.id}' is 'available'`);
    }
    await this.#requireDetachable(volume);
    await this.#unplug(volume);
    const reply = attachmentOf(volume, 'detaching');
    volume.attachment = null;
    return reply;
  }

  /** The root of an instance can be detached only while that is stopped. */
  async #requireDetachable({ id, attachment }: FakeVolume): Promise<void> {
    const instance = this.#world.instances.find(attachment?.instanceId ?? '');
    if (instance === undefined || attachment?.device !== instance.rootDevice) return;
    if (instance.machineId !== null || instance.terminatedAtMs !== null) return;
    if ((await instanceStateOf(this.#world, instance)) === 'stopped') return;
    const text = `Unable to detach root volume '${id}' from instance '${instance.id}'`;
    throw new AwsError('OperationNotPermitted', 400, text);
  }

  async delete(request: Shape): Promise<Shape> {
    freeVolumesOfEnded(this.#world);
    const volume = this.#world.volumes.require(requireText(request, 'VolumeId'));
    if (volume.deletedAtMs !== null) {
      throw new AwsError('InvalidVolume.NotFound', 400, `'${volume.id}' does not exist`);
    }
    if (volume.attachment !== null) {
      throw new AwsError('VolumeInUse', 400, `Volume ${volume.id} is currently attached`);
    }
    await volume.discard();
    volume.deletedAtMs = this.#world.now();
    return {};
  }

  describe(request: Shape, region: string): Shape {
    const { volumes, now, timing } = this.#world;
    freeVolumesOfEnded(this.#world);
    const ids = request['VolumeIds'] as readonly string[] | undefined;
    for (const id of ids ?? []) volumes.require(id);
    const existing = volumes
      .visible()
      .filter(({ availabilityZone }) => availabilityZone.startsWith(region))
      .filter(({ deletedAtMs }) => deletedAtMs === null || now() < deletedAtMs + deletingMs)
      .filter(({ id }) => ids?.includes(id) ?? true);
    const found = filtered(existing, request, {
      'volume-id': ({ id }) => [id],
      status: (one) => [this.#stateOf(one)],
      'attachment.instance-id': ({ attachment }) =>
        attachment === null ? [] : [attachment.instanceId],
    });
    const limits = { min: 5, max: 500, fake: timing.pageLength };
    const { items, NextToken } = pageOf(found, request, limits);
    return { Volumes: items.map((one) => this.#describe(one)), NextToken };
  }

  #describe(volume: FakeVolume): Shape {
    const { attachment } = volume;
    return {
      VolumeId: volume.id,
      Size: volume.sizeGib,
      SnapshotId: volume.snapshotId,
      AvailabilityZone: volume.availabilityZone,
      VolumeType: volume.volumeType,
      State: this.#stateOf(volume),
      Encrypted: volume.isEncrypted,
      KmsKeyId: volume.keyId,
      Iops: volume.iops,
      Throughput: volume.throughput,
      CreateTime: new Date(volume.madeAtMs),
      Attachments:
        attachment === null
          ? []
          : [
              attachmentOf(volume, this.#attachStateOf(volume)),
              ...(volume.alsoAttachedTo ?? []).map((InstanceId) => ({
                VolumeId: volume.id,
                InstanceId,
                Device: attachment.device,
                State: 'attached',
              })),
            ],
      Tags: volume.tags,
    };
  }

  #attachStateOf({ attachment }: FakeVolume): string {
    const { now, timing } = this.#world;
    const isDone = attachment !== null && now() >= attachment.attachedAtMs + timing.attachMs;
    return isDone ? 'attached' : 'attaching';
  }

  #stateOf({ deletedAtMs, hasFailed, attachment, availableAtMs }: FakeVolume): string {
    if (deletedAtMs !== null) return 'deleting';
    if (hasFailed === true) return 'error';
    if (attachment !== null) return 'in-use';
    return this.#world.now() < availableAtMs ? 'creating' : 'available';
  }

  /**
   * The device of an NVMe volume, where udev makes a link to it. It is as large as EC2 says that
   * the volume is; the image behind it may be smaller, and the rest of the device is a hole.
   */
  async #plugIn({ id, sizeGib }: FakeVolume, machineId: string): Promise<void> {
    const { local, localFolder } = this.#world;
    try {
      await local.volumes.attach(id as VolumeId, machineId as WorkerId);
    } catch (error) {
      if (!isSnapledgerError(error)) throw error;
      throw new AwsError('IncorrectState', 400, error.message);
    }
    const machine = path.join(localFolder, 'workers', machineId);
    const byId = path.join(machine, 'dev', 'disk', 'by-id');
    await mkdir(byId, { recursive: true });
    const device = path.join(machine, 'dev', id);
    await rm(device, { force: true });
    await copyFile(path.join(machine, 'devices', id), device);
    await chmod(device, 0o600);
    await truncate(device, sizeGib * bytesPerGib);
    await chmod(device, 0o400);
    const name = `nvme-Amazon_Elastic_Block_Store_${id.replace('-', '')}`;
    await symlink(`../../${id}`, path.join(byId, name)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  }

  /** Its link dangles from then on. */
  async #unplug({ id, attachment }: FakeVolume): Promise<void> {
    const instance = this.#world.instances.find(attachment?.instanceId ?? '');
    const machineId = instance?.machineId ?? null;
    if (machineId === null) return;
    await rm(path.join(this.#world.localFolder, 'workers', machineId, 'dev', id), { force: true });
  }
}

function performanceIn(request: Shape): Pick<FakeVolume, 'iops' | 'throughput'> {
  const iops = request['Iops'] as number | undefined;
  const throughput = request['Throughput'] as number | undefined;
  return {
    ...(iops === undefined ? {} : { iops }),
    ...(throughput === undefined ? {} : { throughput }),
  };
}

function attachmentOf({ id, attachment }: FakeVolume, state: string): Shape {
  return {
    VolumeId: id,
    InstanceId: attachment?.instanceId,
    Device: attachment?.device,
    State: state,
    AttachTime: new Date(attachment?.attachedAtMs ?? 0),
    DeleteOnTermination: attachment?.deleteOnTermination ?? false,
  };
}

/** @throws AwsError for a token that EC2 does not take */
export function requireToken(token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]{1,64}$/.test(token)) return token;
  throw new AwsError('InvalidParameterValue', 400, 'The client token is not 1 to 64 of ASCII');
}

export function requireSameRequest(before: string, asked: Shape): void {
  if (JSON.stringify(asked) === before) return;
  throw new AwsError(
    'IdempotentParameterMismatch',
    400,
    'The token was used with other parameters',
  );
}
