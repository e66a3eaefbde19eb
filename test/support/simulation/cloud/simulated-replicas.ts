import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type { Region, SnapshotId, TimestampMs } from '../../../../src/domain/identifiers.ts';
import type {
  ReplicaRequest,
  Replicas,
  ReplicaDescription,
} from '../../../../src/ports/cloud/replicas.ts';
import type { DiskContent } from './disk-content.ts';
import type { SimulatedSnapshots, SnapshotLuck } from './simulated-snapshots.ts';

export interface SimulatedReplica {
  readonly description: Omit<ReplicaDescription, 'state' | 'stateMessage'>;
  readonly content: DiskContent;
  readonly luck: SnapshotLuck;
}

export interface SimulatedReplicasOptions {
  readonly snapshots: SimulatedSnapshots;
  readonly now: () => TimestampMs;
  readonly luck: () => SnapshotLuck;
  readonly onCreated?: (replica: SimulatedReplica) => void;
  readonly onDeleted?: (replica: SimulatedReplica) => void;
}

/** The only regions that the simulated cloud has besides its own. */
export const simulatedRegions: readonly Region[] = ['simulated-2', 'simulated-3'] as Region[];

/**
 * Copies of snapshots in the simulated cloud's other regions. A copy is pending for a while and can
 * then fail, also because its source was deleted meanwhile.
 */
export class SimulatedReplicas {
  readonly #options: SimulatedReplicasOptions;
  readonly #existing = new Map<SnapshotId, SimulatedReplica>();
  /** Copies that lost their source while they were pending. */
  readonly #orphaned = new Set<SnapshotId>();
  #made = 0;

  constructor(options: SimulatedReplicasOptions) {
    this.#options = options;
  }

  get existing(): readonly SimulatedReplica[] {
    return [...this.#existing.values()];
  }

  /** To be told of every snapshot that is deleted: copies that still need it fail. */
  sourceDeleted(snapshotId: SnapshotId): void {
    for (const { description, luck } of this.existing) {
      if (description.sourceSnapshotId !== snapshotId) continue;
      const isPending = this.#options.now() < description.startedAt + luck.completesInMs;
      if (isPending) this.#orphaned.add(description.snapshotId);
    }
  }

  describe({ description, luck }: SimulatedReplica): ReplicaDescription {
    if (this.#orphaned.has(description.snapshotId)) {
      return { ...description, state: 'error', stateMessage: 'its source was deleted' };
    }
    const isDone = this.#options.now() >= description.startedAt + luck.completesInMs;
    const state = isDone ? luck.outcome : 'pending';
    return { ...description, state, stateMessage: state === 'error' ? 'simulated' : '' };
  }

  /* eslint-disable @typescript-eslint/require-await -- a refusal must reject, not throw */
  port(): Replicas {
    const matching = (
      region: Region,
      fits: (one: SimulatedReplica) => boolean,
    ): readonly ReplicaDescription[] =>
      this.existing
        .filter((one) => one.description.target.region === region && fits(one))
        .map((one) => this.describe(one));
    return {
      copy: async (request) => this.#copy(request),
      find: async (region, { sessionId }) =>
        matching(region, ({ description }) => description.owner.sessionId === sessionId),
      describe: async (region, snapshotIds) =>
        matching(
          region,
          ({ description, luck }) =>
            snapshotIds.includes(description.snapshotId) &&
            this.#options.now() >= description.startedAt + luck.hiddenForMs,
        ),
      delete: async (region, snapshotId) => {
        const replica = this.#existing.get(snapshotId);
        if (replica?.description.target.region !== region) return;
        this.#existing.delete(snapshotId);
        this.#options.onDeleted?.(replica);
      },
      releaseSources: async () => undefined,
    };
  }
  /* eslint-enable @typescript-eslint/require-await */

  #copy({ replicaSetId, owner, target, sourceSnapshotId }: ReplicaRequest): ReplicaDescription {
    const { snapshots, now, luck, onCreated } = this.#options;
    if (!simulatedRegions.includes(target.region)) {
      throw new SnapledgerError('INVALID_ARGUMENT', `there is no region '${target.region}'`);
    }
    const { description: source, content } = snapshots.get(sourceSnapshotId);
    this.#made += 1;
    const replica: SimulatedReplica = {
      description: {
        snapshotId: `snap-copy-${this.#made}` as SnapshotId,
        replicaSetId,
        owner,
        target,
        sourceSnapshotId,
        volumeId: source.volumeId,
        device: source.device,
        sizeBytes: source.sizeBytes,
        startedAt: now(),
      },
      content,
      luck: luck(),
    };
    this.#existing.set(replica.description.snapshotId, replica);
    onCreated?.(replica);
    return this.describe(replica);
  }
}
