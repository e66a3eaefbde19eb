import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  Region,
  VolumeId,
} from '../../../../src/domain/identifiers.ts';
import type { InstanceDescription, Instances } from '../../../../src/ports/cloud/instances.ts';
import { type BlockContent, type DiskContent, diskSizeBytes } from './disk-content.ts';

export interface SimulatedDisk {
  readonly volumeId: VolumeId;
  readonly device: DeviceName;
  readonly role: 'root' | 'data';
  readonly content: DiskContent;
}

/** The instances of the simulated cloud, and what their guests do to their disks. */
export class SimulatedDisks {
  readonly #region: Region;
  readonly #instances = new Map<InstanceId, readonly SimulatedDisk[]>();
  readonly #tags = new Map<InstanceId, InstanceDescription['tags']>();
  #volumes = 0;

  constructor(region: Region) {
    this.#region = region;
  }

  get instanceIds(): readonly InstanceId[] {
    return [...this.#instances.keys()];
  }

  add(instanceId: InstanceId, disks: readonly { device: string; content: DiskContent }[]): void {
    const made = disks.map(({ device, content }, index) => ({
      volumeId: this.#newVolumeId(),
      device: device as DeviceName,
      role: index === 0 ? ('root' as const) : ('data' as const),
      content,
    }));
    this.#instances.set(instanceId, made);
  }

  remove(instanceId: InstanceId): void {
    this.#instances.delete(instanceId);
  }

  /** These tags, instead of those that it had. */
  tag(instanceId: InstanceId, tags: InstanceDescription['tags']): void {
    this.#tags.set(instanceId, tags);
  }

  /** @throws UNKNOWN_INSTANCE */
  of(instanceId: InstanceId): readonly SimulatedDisk[] {
    const disks = this.#instances.get(instanceId);
    if (disks !== undefined) return disks;
    throw new SnapledgerError('UNKNOWN_INSTANCE', `there is no instance '${instanceId}'`);
  }

  write(instanceId: InstanceId, device: string, block: number, content: BlockContent): void {
    this.#change(instanceId, device, (disk) => ({
      ...disk,
      content: disk.content.with(block, content),
    }));
  }

  grow(instanceId: InstanceId, device: string, blocks: number): void {
    this.#change(instanceId, device, (disk) => ({
      ...disk,
      content: [...disk.content, ...new Array<BlockContent>(blocks).fill(null)],
    }));
  }

  /** Another volume at the same place, as after a restore. */
  replace(instanceId: InstanceId, device: string, content: DiskContent): void {
    this.#change(instanceId, device, (disk) => ({
      ...disk,
      volumeId: this.#newVolumeId(),
      content,
    }));
  }

  port(): Instances {
    /* eslint-disable @typescript-eslint/require-await -- a refusal must reject, not throw */
    return {
      readable: async () => ({
        instances: this.instanceIds.toSorted().map((id) => this.#describe(id)),
        unreadable: [],
      }),
      describe: async (instanceId) => this.#describe(instanceId),
    };
    /* eslint-enable @typescript-eslint/require-await */
  }

  #describe(instanceId: InstanceId): InstanceDescription {
    const volumes = this.of(instanceId)
      .map(({ volumeId, device, role, content }) => ({
        volumeId,
        device,
        role,
        sizeBytes: diskSizeBytes(content),
        tags: {},
      }))
      .sort((one, other) => (one.device < other.device ? -1 : 1));
    const configuration = { name: instanceId };
    const tags = this.#tags.get(instanceId) ?? {};
    return { instanceId, region: this.#region, tags, volumes, configuration };
  }

  #change(
    instanceId: InstanceId,
    device: string,
    change: (disk: SimulatedDisk) => SimulatedDisk,
  ): void {
    const disks = this.of(instanceId);
    this.#instances.set(
      instanceId,
      disks.map((disk) => (disk.device === device ? change(disk) : disk)),
    );
  }

  #newVolumeId(): VolumeId {
    this.#volumes += 1;
    return `vol-${this.#volumes}` as VolumeId;
  }
}
