import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { VolumeId, WorkerId } from '../../../../src/domain/identifiers.ts';
import type {
  TemporaryVolume,
  TemporaryVolumeRequest,
  Volumes,
} from '../../../../src/ports/cloud/volumes.ts';
import type { DiskContent } from './disk-content.ts';
import type { SimulatedSnapshots } from './simulated-snapshots.ts';
import type { SimulatedWorkers } from './simulated-workers.ts';

export interface SimulatedVolume {
  readonly volumeId: VolumeId;
  readonly request: TemporaryVolumeRequest;
  readonly content: DiskContent;
  attachedTo: WorkerId | null;
}

export interface SimulatedVolumesOptions {
  readonly snapshots: SimulatedSnapshots;
  readonly workers: SimulatedWorkers;
  readonly onCreated?: (volume: SimulatedVolume) => void;
}

/** The temporary volumes of the simulated cloud. */
export class SimulatedVolumes {
  readonly #options: SimulatedVolumesOptions;
  readonly #volumes = new Map<VolumeId, SimulatedVolume>();
  #made = 0;

  constructor(options: SimulatedVolumesOptions) {
    this.#options = options;
  }

  get existing(): readonly SimulatedVolume[] {
    return [...this.#volumes.values()];
  }

  /** What a worker sees of a volume: its content, or null when it is not attached there. */
  contentFor(workerId: WorkerId, volumeId: VolumeId): DiskContent | null {
    const volume = this.#volumes.get(volumeId);
    return volume?.attachedTo === workerId ? volume.content : null;
  }

  /* eslint-disable @typescript-eslint/require-await -- a refusal must reject, not throw */
  port(): Volumes {
    return {
      create: async (request) => describe(this.#ofToken(request) ?? this.#create(request)),
      attach: async (volumeId, workerId) => {
        const volume = this.#volumes.get(volumeId);
        if (volume === undefined) {
          throw new SnapledgerError('VOLUME_NOT_FOUND', `there is no volume ${volumeId}`);
        }
        if (!this.#options.workers.isRunning(workerId)) {
          throw new SnapledgerError('WORKER_NOT_FOUND', `worker ${workerId} is not there`);
        }
        volume.attachedTo = workerId;
      },
      find: async ({ sessionId }) =>
        this.existing.filter(({ request }) => request.owner.sessionId === sessionId).map(describe),
      delete: async (volumeId) => {
        this.#volumes.delete(volumeId);
      },
    };
  }
  /* eslint-enable @typescript-eslint/require-await */

  #ofToken({ clientToken }: TemporaryVolumeRequest): SimulatedVolume | undefined {
    return this.existing.find(({ request }) => request.clientToken === clientToken);
  }

  #create(request: TemporaryVolumeRequest): SimulatedVolume {
    const { content } = this.#options.snapshots.get(request.snapshotId);
    this.#made += 1;
    const volumeId = `vol-temporary-${this.#made}` as VolumeId;
    const volume: SimulatedVolume = { volumeId, request, content, attachedTo: null };
    this.#volumes.set(volumeId, volume);
    this.#options.onCreated?.(volume);
    return volume;
  }
}

function describe({ volumeId, request, attachedTo }: SimulatedVolume): TemporaryVolume {
  const { snapshotId, owner } = request;
  return { volumeId, snapshotId, owner, attachedTo };
}
