import { SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  BlockIndex,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
} from '../../../../src/domain/identifiers.ts';
import type { ChangedBlock, ChangedBlocks } from '../../../../src/ports/cloud/changed-blocks.ts';
import type {
  SnapshotDescription,
  Snapshots,
  SnapshotSetRequest,
} from '../../../../src/ports/cloud/snapshots.ts';
import type { SnapshotBlocks } from '../../../../src/ports/cloud/snapshot-blocks.ts';
import { type DiskContent, diskSizeBytes, readContent } from './disk-content.ts';
import type { SimulatedDisks } from './simulated-disks.ts';

/** What becomes of one snapshot. */
export interface SnapshotLuck {
  readonly completesInMs: number;
  /** So long `describe` does not tell of it: EC2 is eventually consistent there. */
  readonly hiddenForMs: number;
  readonly outcome: 'completed' | 'error';
}

export interface SimulatedSnapshot {
  readonly description: Omit<SnapshotDescription, 'state' | 'stateMessage'>;
  readonly content: DiskContent;
  readonly luck: SnapshotLuck;
}

export interface SimulatedSnapshotsOptions {
  readonly disks: SimulatedDisks;
  readonly now: () => TimestampMs;
  readonly luck: () => SnapshotLuck;
  readonly onCreated?: (snapshot: SimulatedSnapshot) => void;
  readonly onDeleted?: (snapshot: SimulatedSnapshot) => void;
}

/** Entries in one page of a listing: few, so that listings have pages. */
const pageLength = 3;

/** The snapshots of the simulated cloud. Remembers the deleted ones too, for the checks. */
export class SimulatedSnapshots {
  readonly #options: SimulatedSnapshotsOptions;
  readonly #existing = new Map<SnapshotId, SimulatedSnapshot>();
  readonly #everTaken: SimulatedSnapshot[] = [];
  /** Whether the engine may list blocks. */
  permission: 'granted' | 'revoked' = 'granted';

  constructor(options: SimulatedSnapshotsOptions) {
    this.#options = options;
  }

  get existing(): readonly SimulatedSnapshot[] {
    return [...this.#existing.values()];
  }

  ofSet(setId: SnapshotSetId): readonly SimulatedSnapshot[] {
    return this.#everTaken.filter(({ description }) => description.setId === setId);
  }

  /** @throws SNAPSHOT_NOT_FOUND */
  get(snapshotId: SnapshotId): SimulatedSnapshot {
    const snapshot = this.#existing.get(snapshotId);
    if (snapshot !== undefined) return snapshot;
    throw new SnapledgerError('SNAPSHOT_NOT_FOUND', `there is no snapshot ${snapshotId}`);
  }

  /* eslint-disable @typescript-eslint/require-await -- a refusal must reject, not throw */
  port(): Snapshots {
    const matching = (fits: (one: SimulatedSnapshot) => boolean): readonly SnapshotDescription[] =>
      this.existing.filter(fits).map((one) => this.#describe(one));
    return {
      createSet: async (request) => this.#createSet(request),
      find: async ({ sessionId }) =>
        matching(({ description }) => description.owner.sessionId === sessionId),
      listOf: async (instanceId) =>
        matching(({ description }) => description.owner.instanceId === instanceId),
      describe: async (snapshotIds) =>
        matching(
          ({ description, luck }) =>
            snapshotIds.includes(description.snapshotId) &&
            this.#options.now() >= description.startedAt + luck.hiddenForMs,
        ),
      delete: async (snapshotId) => {
        const snapshot = this.#existing.get(snapshotId);
        if (snapshot === undefined) return;
        this.#existing.delete(snapshotId);
        this.#options.onDeleted?.(snapshot);
      },
    };
  }

  changedBlocks(): ChangedBlocks {
    const indexesWhere = (
      content: DiskContent,
      fits: (index: number) => boolean,
    ): readonly BlockIndex[] =>
      [...content.keys()].filter(fits).map((index) => index as BlockIndex);
    const snapshots = {
      get: (id: SnapshotId): SimulatedSnapshot => {
        if (this.permission === 'revoked') throw noPermission(id);
        return this.get(id);
      },
    };
    return {
      listSnapshotBlocks: async function* (snapshotId) {
        const { content } = snapshots.get(snapshotId);
        yield* inPages(indexesWhere(content, (index) => content[index] !== null));
      },
      listChangedBlocks: async function* (first, second) {
        const [before, after] = [snapshots.get(first), snapshots.get(second)];
        if (before.description.volumeId !== after.description.volumeId) {
          throw new SnapledgerError('SNAPSHOTS_UNRELATED', `${first} and ${second} are unrelated`);
        }
        const isChanged = (index: number): boolean =>
          (before.content[index] ?? null) !== (after.content[index] ?? null);
        const changed = indexesWhere(after.content, isChanged);
        yield* inPages(changed.map((index): ChangedBlock => ({ index, state: 'present' })));
      },
    };
  }

  snapshotBlocks(): SnapshotBlocks {
    return {
      open: async (snapshotId, sizeBytes) => {
        this.get(snapshotId);
        return {
          sizeBytes,
          // Gone in the middle is an error of the read.
          read: async (first, _blockCount, into) => {
            readContent(this.get(snapshotId).content, first, into);
          },
          close: () => Promise.resolve(),
        };
      },
    };
  }
  /* eslint-enable @typescript-eslint/require-await */

  #createSet({
    setId,
    owner,
    instanceId,
    volumes,
  }: SnapshotSetRequest): readonly SnapshotDescription[] {
    const { disks, now, luck, onCreated } = this.#options;
    const attached = disks.of(instanceId);
    const requestId = `request-${this.#everTaken.length + 1}`;
    const snapshots = volumes.map(({ volumeId, device }, index): SimulatedSnapshot => {
      const disk = attached.find((one) => one.volumeId === volumeId);
      if (disk === undefined) {
        throw new SnapledgerError('VOLUME_NOT_FOUND', `'${instanceId}' has no volume ${volumeId}`);
      }
      const snapshotId = `snap-${this.#everTaken.length + index + 1}` as SnapshotId;
      const sizeBytes = diskSizeBytes(disk.content);
      const startedAt = now();
      return {
        description: {
          snapshotId,
          setId,
          requestId,
          owner,
          volumeId,
          device,
          sizeBytes,
          startedAt,
        },
        content: disk.content,
        luck: luck(),
      };
    });
    for (const snapshot of snapshots) {
      this.#existing.set(snapshot.description.snapshotId, snapshot);
      this.#everTaken.push(snapshot);
      onCreated?.(snapshot);
    }
    return snapshots.map((one) => this.#describe(one));
  }

  #describe({ description, luck }: SimulatedSnapshot): SnapshotDescription {
    const isDone = this.#options.now() >= description.startedAt + luck.completesInMs;
    const state = isDone ? luck.outcome : 'pending';
    return { ...description, state, stateMessage: state === 'error' ? 'simulated' : '' };
  }
}

function noPermission(snapshotId: SnapshotId): SnapledgerError {
  return new SnapledgerError(
    'CHANGED_BLOCKS_UNAVAILABLE',
    `listing the blocks of ${snapshotId} is not permitted`,
    { details: { reason: 'no-permission' } },
  );
}

function* inPages<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let first = 0; first < items.length; first += pageLength) {
    yield items.slice(first, first + pageLength);
  }
}
