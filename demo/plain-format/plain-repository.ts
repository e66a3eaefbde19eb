import {
  type FormatDescription,
  type PointManifest,
  type Repository,
  type RepositoryOptions,
  type SessionId,
  SnapledgerError,
  type TransferSegment,
} from '../../src/format.ts';
import { commitPlainPoint } from './plain-commit.ts';
import {
  createOnce,
  fenced,
  invalid,
  plainKeys,
  type PlainPoint,
  type PlainSegment,
  readObject,
  removeAll,
} from './plain-objects.ts';
import { type ParentVolume, writePlan } from './plain-plan.ts';
import {
  findPoint,
  readerOf,
  refuseNeeded,
  storedPoint,
  storedPoints,
  tracePlainPoint,
  volumeIn,
} from './plain-points.ts';
import type { PlainSecret } from './plain-secret.ts';
import { grantOf } from './plain-transfer.ts';
import { verifyPlain } from './verify-plain.ts';

export function createPlainRepository(
  format: FormatDescription,
  secret: PlainSecret,
  { objectStore, clock }: RepositoryOptions,
): Repository {
  let state: 'open' | 'closed' = 'open';
  const requireOpen = (): void => {
    if (state === 'closed') throw invalid('the repository was closed');
  };
  const parentVolume = async ({
    pointId,
    volumeId,
  }: Pick<PointManifest, 'pointId'> & {
    readonly volumeId: PointManifest['volumes'][number]['volumeId'];
  }): Promise<ParentVolume> => {
    const { blocks, described } = volumeIn(await storedPoint(objectStore, pointId), volumeId);
    return { sizeBytes: described.sizeBytes, blocks };
  };
  const closeWriter = async (sessionId: SessionId): Promise<void> => {
    await removeAll(objectStore, plainKeys.control(sessionId));
    await objectStore.delete(plainKeys.writer(sessionId));
  };

  return {
    id: secret.id,
    format: { name: format.name, traits: format.traits },
    // A point goes with its packs, so that nothing is left to be freed.
    collector: null,
    relocator: null,
    repairer: null,
    merger: null,
    closeWriter,

    async registerWriter(sessionId, instanceId) {
      requireOpen();
      await createOnce(objectStore, plainKeys.writer(sessionId), { instanceId });
    },

    async writeTransferPlan(request) {
      const { parent } = request;
      return await writePlan(
        objectStore,
        request,
        parent === null ? null : await parentVolume(parent),
      );
    },

    grantTransfer: (sessionId) => Promise.resolve(grantOf(sessionId)),

    async deriveWorkerSecret(sessionId, attempt) {
      if ((await objectStore.head(plainKeys.writer(sessionId))) === null) {
        throw new SnapledgerError('OBJECT_NOT_FOUND', `${sessionId} is not registered`);
      }
      return secret.derive(`worker/${sessionId}/${attempt}`);
    },

    async readSegments(plan, attempt, from) {
      const segments: TransferSegment[] = [];
      for (let number = from; ; number += 1) {
        const key = plainKeys.segment(plan, attempt, number);
        const segment = await readObject<PlainSegment>(objectStore, key);
        if (segment === null) return segments;
        const { firstPlanned, endPlanned, counts } = segment;
        segments.push({ number, firstPlanned, endPlanned, counts });
      }
    },

    commitPoint: (request) => commitPlainPoint({ objectStore, clock, parentVolume }, request),

    async discardWriter(sessionId, instanceId) {
      const elsewhere = await findPoint(objectStore, sessionId);
      if (elsewhere !== null && elsewhere.manifest.instanceId !== instanceId) {
        throw invalid(`the session ${sessionId} is one of another instance`);
      }
      const key = plainKeys.point(instanceId, sessionId);
      // Whoever creates the point's object first has decided what becomes of the session.
      const tombstone: PlainPoint = { kind: 'tombstone' };
      await createOnce(objectStore, key, tombstone);
      if ((await objectStore.head(plainKeys.removed(instanceId, sessionId))) !== null) {
        throw fenced(sessionId);
      }
      const found = await readObject<PlainPoint>(objectStore, key);
      if (found?.kind === 'point') return found.manifest;
      await removeAll(objectStore, plainKeys.packs(sessionId));
      await closeWriter(sessionId);
      return null;
    },

    deriveLedgerKeys: () =>
      Promise.resolve({
        signingSeed: secret.derive('ledger-signing'),
        readKey: secret.derive('ledger-reading'),
      }),

    deriveTagSecret: () => Promise.resolve(secret.derive('tags')),

    async *listPoints(instanceId) {
      requireOpen();
      const points = await Array.fromAsync(storedPoints(objectStore, instanceId));
      const manifests = points.map(({ manifest }) => manifest);
      yield* manifests.toSorted((one, other) => one.takenAt - other.takenAt);
    },

    async openPoint(pointId) {
      requireOpen();
      return readerOf(objectStore, await storedPoint(objectStore, pointId));
    },

    async removePoint(pointId, instanceId) {
      requireOpen();
      const found = await findPoint(objectStore, pointId);
      if (found !== null && found.manifest.instanceId !== instanceId) {
        throw invalid(`the point ${pointId} is one of another instance`);
      }
      await refuseNeeded(objectStore, pointId);
      // The mark first, and it stays: from then on nobody can commit this point again.
      await createOnce(objectStore, plainKeys.removed(instanceId, pointId), {});
      await removeAll(objectStore, plainKeys.packs(pointId));
      await objectStore.delete(plainKeys.point(instanceId, pointId));
    },

    async tracePoint(pointId, instanceId) {
      requireOpen();
      return await tracePlainPoint(objectStore, pointId, instanceId);
    },

    verify: (options) => verifyPlain(objectStore, options),

    close: () => {
      state = 'closed';
      return Promise.resolve();
    },
  };
}
