import assert from 'node:assert/strict';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type { DeviceName, InstanceId, Region, VolumeId } from '../../../src/domain/identifiers.ts';
import type { ResourceOwner } from '../../../src/ports/cloud/resource-owner.ts';
import type {
  ExchangeRequest,
  KeptVolumeState,
  OriginalInstance,
  VolumeExchanges,
} from '../../../src/ports/cloud/volume-exchanges.ts';

/** A FAKE of an instance whose volumes are exchanged at once; shows nothing of how long it takes, nor of EC2. */
export class MemoryExchanges implements VolumeExchanges {
  readonly at: Map<DeviceName, VolumeId>;
  readonly gone = new Set<VolumeId>();
  readonly marked = new Set<VolumeId>();
  state: OriginalInstance['state'] | 'ended' = 'running';
  /** Whether a request to start it is heard. */
  starts = true;
  releases: 'work' | 'fail' = 'work';
  /** What cannot be attached. */
  readonly unattachable = new Set<string>();
  stops = 0;
  readonly #instanceId: InstanceId;
  readonly #region: Region;

  constructor(
    instanceId: InstanceId,
    volumes: Iterable<readonly [DeviceName, VolumeId]>,
    region = 'eu' as Region,
  ) {
    this.#instanceId = instanceId;
    this.#region = region;
    this.at = new Map(volumes);
  }

  async look(): Promise<OriginalInstance> {
    await Promise.resolve();
    if (this.state === 'ended') throw new SnapledgerError('UNKNOWN_INSTANCE', 'it is no more');
    return {
      instanceId: this.#instanceId,
      region: this.#region,
      availabilityZone: 'here-1a',
      state: this.state,
      obstacle: null,
      volumes: [...this.at].map(([device, volumeId]) => ({
        device,
        volumeId,
        onTermination: 'keep',
        volumeType: 'gp3',
        performance: { iops: null, throughput: null },
        keyId: null,
        sharedWith: [],
      })),
    };
  }

  describe(ids: readonly VolumeId[]): Promise<ReadonlyMap<VolumeId, KeptVolumeState>> {
    const stateOf = (id: VolumeId): KeptVolumeState => {
      if (this.gone.has(id)) return 'gone';
      return this.isAttached(id) ? 'in-use' : 'free';
    };
    return Promise.resolve(new Map(ids.map((id) => [id, stateOf(id)])));
  }

  async keep(_: ResourceOwner, { volumeId }: { readonly volumeId: VolumeId }): Promise<void> {
    await Promise.resolve();
    this.marked.add(volumeId);
  }

  async release(volumeId: VolumeId): Promise<void> {
    await Promise.resolve();
    if (this.releases === 'fail') throw new SnapledgerError('CLOUD_UNAVAILABLE', 'no answer');
    this.marked.delete(volumeId);
  }

  async stop(): Promise<void> {
    await Promise.resolve();
    if (this.state !== 'stopped') this.stops += 1;
    this.state = 'stopped';
  }

  async start(): Promise<void> {
    await Promise.resolve();
    if (!this.starts) throw new SnapledgerError('LIMIT_EXCEEDED', 'no capacity');
    this.state = 'running';
  }

  async exchange({ device, detach, attach }: ExchangeRequest): Promise<void> {
    await Promise.resolve();
    assert.equal(this.state, 'stopped', 'nothing is exchanged while it runs');
    if (detach !== null && this.at.get(device) === detach) this.at.delete(device);
    if (attach === null) return;
    if (this.unattachable.has(attach))
      throw new SnapledgerError('CLOUD_REFUSED', 'it is not taken');
    this.at.set(device, attach);
  }

  async removeKept(volumeId: VolumeId): Promise<'removed' | 'in-use'> {
    await Promise.resolve();
    if (this.isAttached(volumeId)) return 'in-use';
    this.gone.add(volumeId);
    return 'removed';
  }

  isAttached(volumeId: string): boolean {
    return [...this.at.values()].some((one) => one === volumeId);
  }
}
