import { openFilesystemObjectStore } from '../../../src/adapters/filesystem/filesystem-object-store.ts';
import { systemClock } from '../../../src/adapters/system/system-clock.ts';
import { SnapledgerError } from '../../../src/domain/errors/snapledger-error.ts';
import type {
  DeviceName,
  InstanceId,
  PointId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  TimestampMs,
  VolumeId,
} from '../../../src/domain/identifiers.ts';
import type { CommitVolume, Repository } from '../../../src/format/repository.ts';
import type { RepositoryOptions } from '../../../src/format/repository-options.ts';
import { strataFormat } from '../../../src/format/strata/strata-format.ts';
import { encodeMsgpack } from '../../../src/format/strata/encoding/msgpack.ts';
import { removalMarkKey } from '../../../src/format/strata/object/object-keys.ts';
import { sealRepositoryObject } from '../../../src/format/strata/object/repository-object.ts';
import { unlockRepository } from '../../../src/format/strata/slots/unlock-repository.ts';
import type { BlockSelection } from '../../../src/format/transfer-plan.ts';
import type { SegmentRun } from '../../../src/format/transfer-segment.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ObjectStore } from '../../../src/ports/object-store.ts';
import type { RandomSource } from '../../../src/ports/random-source.ts';
import { createSeededRandom } from '../../mailbox/seeded-random.ts';
import { createHookedObjectStore } from '../object-store/hooked-object-store.ts';
import { createLockingObjectStore } from '../object-store/locking-object-store.ts';
import {
  type ExpectedContent,
  type ExpectedVolume,
  type GoldenName,
  goldenPassphrase,
  objectsFolderOf,
} from './golden-repository.ts';
import { goldenSource, type GoldenVolume, listingOf, rawDigestOf } from './golden-volume.ts';

/** A volume of a point to be, and how it is read. */
export interface PlannedVolume {
  readonly volume: GoldenVolume;
  readonly selection: BlockSelection;
  readonly parent: PointId | null;
}

/** A repository that is being written, with a clock and randomness that are always the same. */
export class GoldenWriter {
  #repository: Repository;
  readonly #objectStore: ObjectStore;
  readonly #random: RandomSource;
  readonly #clock: Clock;
  points: Record<string, readonly ExpectedVolume[]> = {};
  readonly tombstones: string[] = [];
  readonly secrets: string[] = [];
  readonly formerSecrets: string[] = [];

  private constructor(
    repository: Repository,
    objectStore: ObjectStore,
    random: RandomSource,
    clock: Clock,
  ) {
    this.#repository = repository;
    this.#objectStore = objectStore;
    this.#random = random;
    this.#clock = clock;
  }

  /** @param pointDays for how long points are locked; null: they are not */
  static async create(name: GoldenName, pointDays: number | null): Promise<GoldenWriter> {
    const random = createSeededRandom(name);
    // A millisecond for each look at the clock: nothing becomes late, and no two times are equal.
    let now = Date.UTC(2026, 0, 5, 7);
    const clock: Clock = {
      now: () => (now += 1) as TimestampMs,
      sleep: (durationMs, signal) => systemClock.sleep(durationMs, signal),
    };
    const disk = await openFilesystemObjectStore({ root: objectsFolderOf(name) });
    const objectStore =
      pointDays === null
        ? disk
        : createLockingObjectStore(disk, { pointDays, now: () => clock.now(), locks: new Map() });
    const repository = await strataFormat.createRepository({
      ...{ objectStore, random, clock },
      secret: { kind: 'passphrase', passphrase: goldenPassphrase },
    });
    return new GoldenWriter(repository, objectStore, random, clock);
  }

  /** Deletes a session's packs of a kind, as somebody does who does not ask. */
  async losePack(sessionId: SessionId, kind: 'data' | 'map'): Promise<void> {
    const code = { data: 1, map: 2 }[kind];
    for (const { key } of await Array.fromAsync(this.#objectStore.list(`packs/${sessionId}/`))) {
      const { 5: found } = await this.#objectStore.get(key);
      if (found === code) await this.#objectStore.delete(key);
    }
  }

  async removePoint(instanceId: InstanceId, pointId: PointId): Promise<void> {
    await this.#repository.removePoint(pointId, instanceId);
    const pointKey = `points/${instanceId}/${pointId}`;
    this.points = Object.fromEntries(
      Object.entries(this.points).filter(([key]) => key !== pointKey),
    );
  }

  /** Creates a removal mark beside a point, whatever its date is. */
  async mark(instanceId: InstanceId, pointId: PointId): Promise<void> {
    const { objectStore, random, secret } = this.options();
    const keys = await unlockRepository({ objectStore, secret });
    const objectKey = removalMarkKey(instanceId, pointId);
    const content = encodeMsgpack({ removedAt: this.#clock.now() });
    const bytes = sealRepositoryObject(
      { keys, random },
      { kind: 'removal-mark', objectKey, content },
    );
    await objectStore.create(objectKey, bytes);
  }

  newSession(): SessionId {
    return this.#random.uuid() as SessionId;
  }

  get repository(): Repository {
    return this.#repository;
  }

  /** Goes on as a program does that opens the repository now. */
  async reopen(): Promise<void> {
    this.#repository = await strataFormat.openRepository(this.options());
  }

  /** To open the repository with; the store fails before the calls that `isLost` names. */
  options(isLost: (method: string, key: string) => boolean = () => false): RepositoryOptions {
    const objectStore = createHookedObjectStore(this.#objectStore, {
      before: ({ method, key }) =>
        isLost(method, key)
          ? Promise.reject(new SnapledgerError('INTERNAL', 'the program ends here'))
          : Promise.resolve(),
    });
    return {
      objectStore,
      random: this.#random,
      clock: this.#clock,
      secret: { kind: 'passphrase', passphrase: goldenPassphrase },
    };
  }

  /** The same repository, with a store that fails before the calls that `isLost` names. */
  async interrupted(isLost: (method: string, key: string) => boolean): Promise<Repository> {
    return await strataFormat.openRepository(this.options(isLost));
  }

  async point(instanceId: InstanceId, planned: readonly PlannedVolume[]): Promise<PointId> {
    const sessionId = this.newSession();
    await this.#repository.registerWriter(sessionId, instanceId);
    const volumes: CommitVolume[] = [];
    for (const each of planned) volumes.push(await this.transfer(sessionId, each));
    await this.#repository.commitPoint({
      sessionId,
      instanceId,
      setId: this.#random.uuid() as SnapshotSetId,
      takenAt: this.#clock.now(),
      configuration: { instanceType: 'm7i.large', tags: { Name: 'büro' } },
      volumes,
    });
    await this.#repository.closeWriter(sessionId);
    this.points[`points/${instanceId}/${sessionId}`] = planned.map(({ volume }) =>
      expectedOf(volume),
    );
    return sessionId;
  }

  async transfer(
    sessionId: SessionId,
    { volume, selection, parent }: PlannedVolume,
    attempts: readonly number[] = [0],
  ): Promise<CommitVolume> {
    const { sizeBytes } = volume;
    const volumeId = volume.volumeId as VolumeId;
    const plan = { sessionId, planId: this.#random.uuid() };
    const parentVolume = parent === null ? null : { pointId: parent, volumeId };
    await this.#repository.writeTransferPlan({
      ...plan,
      sizeBytes,
      selection,
      parent: parentVolume,
    });
    const segments: SegmentRun[] = [];
    for (const attempt of attempts) {
      const transfer = await strataFormat.prepareTransfer({ threads: 1 }).open({
        objectStore: this.#objectStore,
        grant: await this.#repository.grantTransfer(sessionId),
        random: this.#random,
        clock: this.#clock,
        attempt,
        compression: 'balanced',
      });
      const { signal } = new AbortController();
      const request = { ...plan, source: goldenSource(volume), firstPlanned: attempt, signal };
      const posted = await Array.fromAsync(transfer.run(request));
      await transfer.close();
      segments.push({ attempt, firstSegment: 0, endSegment: posted.length });
    }
    return {
      ...plan,
      ...{ volumeId, sizeBytes, segments },
      parent: parentVolume,
      device: volume.device as DeviceName,
      snapshotId: `snap-${volumeId}` as SnapshotId,
    };
  }

  expected(): ExpectedContent {
    const { points, tombstones, secrets, formerSecrets } = this;
    if (secrets.length === 0) return { points, tombstones };
    return { points, tombstones, secrets, formerSecrets };
  }
}

const quickToHashBytes = 100 * 1024 * 1024;

function expectedOf(volume: GoldenVolume): ExpectedVolume {
  const { volumeId, device, sizeBytes } = volume;
  return {
    ...{ volumeId, device, sizeBytes },
    ...(sizeBytes <= quickToHashBytes ? { rawSha256: rawDigestOf(volume) } : {}),
    blocks: listingOf(volume),
  };
}
