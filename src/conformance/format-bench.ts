import { systemClock } from '../adapters/system/system-clock.ts';
import { systemRandom } from '../adapters/system/system-random.ts';
import { createMemoryObjectStore } from '../adapters/memory/object-store.ts';
import type {
  BlockIndex,
  DeviceName,
  InstanceId,
  PointId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../domain/identifiers.ts';
import type { CommitRequest, Repository } from '../format/repository.ts';
import type { PointManifest } from '../format/restore-point.ts';
import type { StorageFormat } from '../format/storage-format.ts';
import type { RepositoryOptions } from '../format/repository-options.ts';
import type { BlockSelection, TransferPlanRef } from '../format/transfer-plan.ts';
import type { TransferSegment } from '../format/transfer-segment.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { ModelVolume } from './model-volume.ts';
import { sourceOf } from './model-volume.ts';

export const instanceId = 'i-0abc' as InstanceId;
export const volumeId = 'vol-1' as VolumeId;
export const passphrase = 'correct horse battery staple';

/** One repository in memory, and what an engine and its workers do with it. */
export class FormatBench {
  readonly objectStore: ObjectStore;
  readonly repository: Repository;
  readonly format: StorageFormat;

  constructor(objectStore: ObjectStore, repository: Repository, format: StorageFormat) {
    this.objectStore = objectStore;
    this.repository = repository;
    this.format = format;
  }

  static async create(format: StorageFormat): Promise<FormatBench> {
    const objectStore = createMemoryObjectStore();
    const repository = await format.createRepository(optionsOn(objectStore));
    return new FormatBench(objectStore, repository, format);
  }

  /** The same repository as another process sees it, possibly through another store. */
  async reopen(objectStore: ObjectStore = this.objectStore): Promise<FormatBench> {
    const repository = await this.format.openRepository(optionsOn(objectStore));
    return new FormatBench(objectStore, repository, this.format);
  }

  /** The repository as it is now, on a store of its own. */
  async copy(): Promise<FormatBench> {
    const copy = createMemoryObjectStore();
    for await (const { key } of this.objectStore.list('')) {
      await copy.create(key, await this.objectStore.get(key));
    }
    return this.reopen(copy);
  }

  newSession(): SessionId {
    return systemRandom.uuid() as SessionId;
  }

  /** Registers, plans and transfers one volume, up to where it could be committed. */
  async transfer(
    sessionId: SessionId,
    volume: ModelVolume,
    selection: BlockSelection,
    parent: PointId | null,
  ): Promise<CommitRequest> {
    const plan = await this.plan(sessionId, volume, selection, parent);
    const segments = await this.runWorker(plan, volume, 0, 0);
    const run = { attempt: 0, firstSegment: 0, endSegment: segments.length };
    return commitRequest(plan, volume, parent, [run]);
  }

  /** Registers and plans one volume, up to where a worker could transfer it. */
  async plan(
    sessionId: SessionId,
    volume: ModelVolume,
    selection: BlockSelection,
    parent: PointId | null,
  ): Promise<TransferPlanRef> {
    await this.repository.registerWriter(sessionId, instanceId);
    const plan = { sessionId, planId: systemRandom.uuid() };
    await this.repository.writeTransferPlan({
      ...plan,
      sizeBytes: volume.sizeBytes,
      selection,
      parent: parentOf(parent),
    });
    return plan;
  }

  /** What a worker does: with the grant alone, in one attempt, possibly through another store. */
  async runWorker(
    plan: TransferPlanRef,
    volume: ModelVolume,
    attempt: number,
    firstPlanned: number,
    objectStore: ObjectStore = this.objectStore,
  ): Promise<readonly TransferSegment[]> {
    const transfer = await this.format.prepareTransfer({ threads: 1 }).open({
      objectStore,
      grant: await this.repository.grantTransfer(plan.sessionId),
      random: systemRandom,
      clock: systemClock,
      attempt,
      compression: 'fast',
    });
    try {
      const { signal } = new AbortController();
      const request = { ...plan, source: sourceOf(volume), firstPlanned, signal };
      return await Array.fromAsync(transfer.run(request));
    } finally {
      await transfer.close();
    }
  }

  /** A whole session of one volume. */
  async backUp(
    volume: ModelVolume,
    selection: BlockSelection,
    parent: PointManifest | null = null,
  ): Promise<PointManifest> {
    const sessionId = this.newSession();
    const request = await this.transfer(sessionId, volume, selection, parent?.pointId ?? null);
    const manifest = await this.repository.commitPoint(request);
    await this.repository.closeWriter(sessionId);
    return manifest;
  }
}

let takenAt = 1_700_000_000_000;

export function commitRequest(
  plan: TransferPlanRef,
  volume: ModelVolume,
  parent: PointId | null,
  segments: CommitRequest['volumes'][number]['segments'],
): CommitRequest {
  takenAt += 3_600_000;
  return {
    sessionId: plan.sessionId,
    instanceId,
    setId: systemRandom.uuid() as SnapshotSetId,
    takenAt: takenAt as TimestampMs,
    configuration: { instanceType: 'm7i.large', tags: { Name: 'büro' } },
    volumes: [
      {
        ...plan,
        volumeId,
        device: '/dev/xvda' as DeviceName,
        snapshotId: 'snap-1' as SnapshotId,
        sizeBytes: volume.sizeBytes,
        parent: parentOf(parent),
        segments,
      },
    ],
  };
}

function parentOf(pointId: PointId | null): CommitRequest['volumes'][number]['parent'] {
  return pointId === null ? null : { pointId, volumeId };
}

export function optionsOn(objectStore: ObjectStore, secret = passphrase): RepositoryOptions {
  return {
    objectStore,
    secret: { kind: 'passphrase', passphrase: secret },
    random: systemRandom,
    clock: systemClock,
  };
}

/** Nothing is known: read every block. */
export const everything: BlockSelection = { kind: 'everything' };

/** All blocks that the volume has ever written, in pages. */
export function allocated(volume: ModelVolume): BlockSelection {
  const indexes = volume.blocks.flatMap((block, index) =>
    block === 'absent' ? [] : [index as BlockIndex],
  );
  return { kind: 'allocated', pages: inPages(indexes) };
}

/** What differs between two volumes of one size, as changed block tracking tells it. */
export function changed(before: ModelVolume, after: ModelVolume): BlockSelection {
  const blocks = after.blocks.flatMap((block, index) => {
    if (block === before.blocks[index]) return [];
    const state = block === 'absent' ? ('absent' as const) : ('present' as const);
    return [{ index: index as BlockIndex, state }];
  });
  return { kind: 'changed', pages: inPages(blocks) };
}

/** Pages of three, and an empty one. */
export async function* inPages<Item>(items: readonly Item[]): AsyncGenerator<readonly Item[]> {
  await Promise.resolve();
  yield [];
  for (let first = 0; first < items.length; first += 3) yield items.slice(first, first + 3);
}
