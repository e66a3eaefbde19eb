import { createHash } from 'node:crypto';
import { hasErrorCode, SnapledgerError } from '../../../../src/domain/errors/snapledger-error.ts';
import type {
  InstanceId,
  PointId,
  RepositoryId,
  SessionId,
} from '../../../../src/domain/identifiers.ts';
import type { Repository } from '../../../../src/format/repository.ts';
import type { PointManifest, PointReader } from '../../../../src/format/restore-point.ts';
import type { StorageFormat } from '../../../../src/format/storage-format.ts';
import type { RepositoryOptions } from '../../../../src/format/repository-options.ts';
import type { TransferSegment } from '../../../../src/format/transfer-segment.ts';
import type { ObjectKey } from '../../../../src/ports/object-store.ts';
import { commitFakePoint } from './fake-commit.ts';
import {
  createJson,
  fakeKeys,
  type FakePoint,
  type FakeSegment,
  invalid,
  isRemoved,
  readJson,
  removeAll,
  removedSince,
} from './fake-objects.ts';
import { makePlan, type ParentVolume } from './fake-plan.ts';
import { createFakePointReader } from './fake-point-reader.ts';
import { verifyFakeRepository } from './verify-fake-repository.ts';

/** The contract of `Repository` over JSON objects; see `fakeFormat`. */
export function createFakeRepository(
  format: StorageFormat,
  id: RepositoryId,
  options: RepositoryOptions,
): Repository {
  const { objectStore } = options;
  let isClosed = false;
  const assertOpen = (): void => {
    if (isClosed) throw invalid('the repository was closed');
  };

  /** All points and tombstones, in the order of their keys. */
  async function* slots(
    instanceId?: InstanceId,
  ): AsyncGenerator<{ readonly key: ObjectKey; readonly slot: FakePoint }> {
    const keys = (await Array.fromAsync(objectStore.list(fakeKeys.points(instanceId)))).map(
      ({ key }) => key,
    );
    for (const key of keys) {
      const mark = `${key}.removed`;
      if (key.endsWith('.removed') || keys.some((one) => one === mark)) continue;
      const slot = await readJson<FakePoint>(objectStore, key);
      if (slot !== null) yield { key, slot };
    }
  }

  const pointOf = async (
    pointId: PointId,
  ): Promise<Extract<FakePoint, { readonly kind: 'point' }>> => {
    for await (const { slot } of slots()) {
      if (slot.kind === 'point' && slot.manifest.pointId === pointId) return slot;
    }
    throw new SnapledgerError('UNKNOWN_POINT', `there is no point ${pointId}`);
  };

  const parentVolume = async (parent: {
    readonly pointId: PointId;
    readonly volumeId: string;
  }): Promise<ParentVolume> => {
    const { manifest, volumes } = await pointOf(parent.pointId);
    const described = manifest.volumes.find(({ volumeId }) => volumeId === parent.volumeId);
    const stored = volumes.find(({ volumeId }) => volumeId === parent.volumeId);
    if (described === undefined || stored === undefined) throw invalid('no such parent volume');
    return { sizeBytes: described.sizeBytes, blocks: stored.blocks };
  };

  const listPoints = async (instanceId?: InstanceId): Promise<readonly PointManifest[]> => {
    assertOpen();
    const manifests: PointManifest[] = [];
    for await (const { slot } of slots(instanceId)) {
      if (slot.kind === 'point') manifests.push(slot.manifest);
    }
    return manifests.sort((one, other) => one.takenAt - other.takenAt);
  };

  const openPoint = async (pointId: PointId): Promise<PointReader> => {
    assertOpen();
    return createFakePointReader(objectStore, await pointOf(pointId));
  };

  const closeWriter = async (sessionId: SessionId): Promise<void> => {
    assertOpen();
    await removeAll(objectStore, fakeKeys.control(sessionId));
    await objectStore.delete(fakeKeys.session(sessionId));
  };

  return {
    id,
    format,
    // Removes nothing but the points themselves; what it stores is never worth freeing.
    collector: null,
    relocator: null,
    repairer: null,
    merger: null,
    closeWriter,
    openPoint,

    registerWriter: async (sessionId) => {
      assertOpen();
      await createJson(objectStore, fakeKeys.session(sessionId), {});
      await createJson(objectStore, fakeKeys.sessionKey(sessionId), {});
    },

    writeTransferPlan: async (request) => {
      assertOpen();
      const parent = request.parent === null ? null : await parentVolume(request.parent);
      const plan = await makePlan(request, parent);
      await createJson(objectStore, fakeKeys.plan(request), plan);
      return { plannedBlocks: plan.entries.filter(({ task }) => task === 'read').length };
    },

    grantTransfer: (sessionId) => Promise.resolve(Buffer.from(`grant ${sessionId}`, 'utf8')),

    deriveWorkerSecret: (sessionId, attempt) => {
      const name = `${id}/${sessionId}/${attempt}`;
      return Promise.resolve(createHash('sha256').update(name).digest());
    },

    deriveLedgerKeys: () => {
      const derive = (label: string): Uint8Array =>
        new Uint8Array(createHash('sha256').update(`${id}/${label}`).digest());
      return Promise.resolve({
        signingSeed: derive('ledger-signing'),
        readKey: derive('ledger-read'),
      });
    },

    deriveTagSecret: () =>
      Promise.resolve(new Uint8Array(createHash('sha256').update(`${id}/cloud-tags`).digest())),

    readSegments: async (plan, attempt, from) => {
      assertOpen();
      const segments: TransferSegment[] = [];
      for (let number = from; ; number += 1) {
        const key = fakeKeys.segment(plan, attempt, number);
        const segment = await readJson<FakeSegment>(objectStore, key);
        if (segment === null) return segments;
        const { firstPlanned, endPlanned, counts } = segment;
        segments.push({ number, firstPlanned, endPlanned, counts });
      }
    },

    commitPoint: (request) => commitFakePoint(options, request, parentVolume),

    discardWriter: async (sessionId, instanceId) => {
      assertOpen();
      const committed = await pointOf(sessionId).catch((error: unknown) => {
        if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
        return null;
      });
      if (committed !== null && committed.manifest.instanceId !== instanceId) {
        throw invalid(`session ${sessionId} is one of another instance`);
      }
      const key = fakeKeys.point(instanceId, sessionId);
      await createJson(objectStore, key, { kind: 'tombstone' } satisfies FakePoint);
      const slot = await readJson<FakePoint>(objectStore, key);
      if (await isRemoved(objectStore, instanceId, sessionId)) throw removedSince(sessionId);
      if (slot?.kind === 'point') return slot.manifest;
      await removeAll(objectStore, fakeKeys.packs(sessionId));
      await objectStore.delete(fakeKeys.sessionKey(sessionId));
      await closeWriter(sessionId);
      return null;
    },

    removePoint: async (pointId, instanceId) => {
      assertOpen();
      const elsewhere = await pointOf(pointId).catch((error: unknown) => {
        if (!hasErrorCode(error, 'UNKNOWN_POINT')) throw error;
        return null;
      });
      if (elsewhere !== null && elsewhere.manifest.instanceId !== instanceId) {
        throw invalid(`the point ${pointId} is one of another instance`);
      }
      await createJson(objectStore, fakeKeys.removal(instanceId, pointId), {});
      await objectStore.delete(fakeKeys.point(instanceId, pointId));
    },

    tracePoint: async (pointId, instanceId) => {
      assertOpen();
      const objectKey = fakeKeys.point(instanceId, pointId);
      const isThere = (await objectStore.head(objectKey)) !== null;
      if (await isRemoved(objectStore, instanceId, pointId)) return { kind: 'removed' };
      return isThere
        ? { kind: 'there' }
        : { kind: 'missing', objectKey, reason: 'the object is missing' };
    },

    listPoints: async function* (instanceId) {
      yield* await listPoints(instanceId);
    },

    verify: (verifyOptions) =>
      verifyFakeRepository({ objectStore, listPoints, openPoint }, verifyOptions),

    close: () => {
      isClosed = true;
      return Promise.resolve();
    },
  };
}
