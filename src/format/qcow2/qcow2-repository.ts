import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, RepositoryId, SessionId } from '../../domain/identifiers.ts';
import { hmacSha256 } from '../keys/hmac-sha256.ts';
import type { Collector } from '../collection.ts';
import type { FormatDescription } from '../format-description.ts';
import type { PointMerger } from '../point-merger.ts';
import type { PointTrace } from '../point-trace.ts';
import type { CommitRequest, LedgerKeys, Repository } from '../repository.ts';
import type { PointManifest, PointReader } from '../restore-point.ts';
import type {
  TransferPlanRef,
  TransferPlanRequest,
  TransferPlanSummary,
} from '../transfer-plan.ts';
import type { TransferSegment } from '../transfer-segment.ts';
import type {
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../verification.ts';
import { createQcow2Collector } from './collect/qcow2-collector.ts';
import { commitPoint } from './commit/commit-point.ts';
import { eraseKeys, sessionKeyOf } from './keys/repository-keys.ts';
import { createQcow2Merger } from './merge/qcow2-merger.ts';
import { invalid } from './object/refusals.ts';
import { writePlan, type ParentVolume } from './plan/write-plan.ts';
import { CurrentChain } from './point/current-chain.ts';
import { chainImagesMax } from './point/open-chain.ts';
import { listStoredPoints, findPoint, requirePoint } from './point/point-catalog.ts';
import { Qcow2PointReader } from './point/point-reader.ts';
import { removePoint } from './point/remove-point.ts';
import type { ParentImage } from './point/stored-point.ts';
import { tracePoint } from './point/trace-point.ts';
import type { RepositoryContext } from './repository-context.ts';
import { encodeGrant } from './transfer/grant.ts';
import { readSegment } from './transfer/segment.ts';
import { verifyPoints } from './verify/verify-points.ts';
import { closeWriter } from './writer/close-writer.ts';
import { discardWriter } from './writer/discard-writer.ts';
import { readRegistration, register } from './writer/registration.ts';

/** An opened repository of qcow2 images: hands each task to the folder that does it. */
export class Qcow2Repository implements Repository {
  readonly id: RepositoryId;
  readonly format: FormatDescription;
  readonly collector: Collector;
  readonly relocator = null;
  /** What a point needs is there once. */
  readonly repairer = null;
  readonly merger: PointMerger;
  readonly #context: RepositoryContext;
  #state: 'open' | 'closed' = 'open';

  constructor({ name, traits }: FormatDescription, context: RepositoryContext) {
    this.id = context.repositoryId;
    this.format = { name, traits };
    this.#context = context;
    this.collector = createQcow2Collector(() => this.#open());
    this.merger = createQcow2Merger(() => this.#open());
  }

  async registerWriter(sessionId: SessionId, instanceId: InstanceId): Promise<void> {
    await register(this.#open(), sessionId, { instanceId, work: 'backup' });
  }

  async writeTransferPlan(request: TransferPlanRequest): Promise<TransferPlanSummary> {
    const { parent } = request;
    const context = this.#open();
    return await writePlan(context, request, parent === null ? null : await this.#parent(parent));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and never throws
  async grantTransfer(sessionId: SessionId): Promise<Uint8Array> {
    const { keys, protection, repositoryId } = this.#open();
    const sessionKey = Buffer.from(sessionKeyOf(keys, sessionId)).toString('hex');
    return encodeGrant({ format: 'qcow2', protection, repositoryId, sessionId, sessionKey });
  }

  async deriveWorkerSecret(sessionId: SessionId, attempt: number): Promise<Uint8Array> {
    const context = this.#open();
    if ((await readRegistration(context, sessionId)) === null) {
      throw new SnapledgerError('OBJECT_NOT_FOUND', `the session ${sessionId} is not registered`);
    }
    return hmacSha256(context.keys.workerSecretKey, `${sessionId}/${attempt}`);
  }

  async readSegments(
    plan: TransferPlanRef,
    attempt: number,
    from: number,
  ): Promise<readonly TransferSegment[]> {
    const { objectStore, controlEnvelope } = this.#open();
    const envelope = controlEnvelope(plan.sessionId);
    const segments: TransferSegment[] = [];
    for (let number = from; ; number += 1) {
      const segment = await readSegment(objectStore, envelope, plan, attempt, number);
      if (segment === null) return segments;
      const { firstPlanned, endPlanned, counts } = segment;
      segments.push({ number, firstPlanned, endPlanned, counts });
    }
  }

  async commitPoint(request: CommitRequest): Promise<PointManifest> {
    return await commitPoint(this.#open(), request);
  }

  async closeWriter(sessionId: SessionId): Promise<void> {
    await closeWriter(this.#open(), sessionId);
  }

  async discardWriter(sessionId: SessionId, instanceId: InstanceId): Promise<PointManifest | null> {
    return await discardWriter(this.#open(), sessionId, instanceId);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and never throws
  async deriveLedgerKeys(): Promise<LedgerKeys> {
    const { ledgerSigningSeed, ledgerReadKey } = this.#open().keys;
    // Copies: closing the repository erases its own.
    return { signingSeed: ledgerSigningSeed.slice(), readKey: ledgerReadKey.slice() };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and never throws
  async deriveTagSecret(): Promise<Uint8Array> {
    return this.#open().keys.tagSecret.slice();
  }

  async *listPoints(instanceId?: InstanceId): AsyncGenerator<PointManifest> {
    const manifests: PointManifest[] = [];
    let damage: Error | null = null;
    for await (const listed of listStoredPoints(this.#open(), instanceId)) {
      if (listed.kind === 'point') manifests.push(listed.point.manifest);
      else damage ??= listed.error;
    }
    yield* manifests.toSorted((one, other) => one.takenAt - other.takenAt);
    // Everything sound was given before this ends the listing.
    if (damage !== null) throw damage;
  }

  async openPoint(pointId: PointId): Promise<PointReader> {
    const context = this.#open();
    return new Qcow2PointReader(context, await requirePoint(context, pointId));
  }

  async removePoint(pointId: PointId, instanceId: InstanceId): Promise<void> {
    await removePoint(this.#open(), pointId, instanceId);
  }

  async tracePoint(pointId: PointId, instanceId: InstanceId): Promise<PointTrace> {
    return await tracePoint(this.#open(), pointId, instanceId);
  }

  async *verify(
    options: VerifyOptions,
  ): AsyncGenerator<VerifyFinding | VerifyProgress | VerifyCoverage> {
    yield* verifyPoints(this.#open(), options);
  }

  /** Overwrites the keys. Nothing can be done with the repository afterwards. */
  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closed';
      this.#context.indexPages.clear();
      eraseKeys(this.#context.keys);
    }
    return Promise.resolve();
  }

  async #parent({ pointId, volumeId }: ParentImage): Promise<ParentVolume> {
    const context = this.#open();
    const point = await findPoint(context, pointId);
    const described = point?.manifest.volumes.find((volume) => volume.volumeId === volumeId);
    if (point === null || described === undefined) {
      throw new SnapledgerError('OBJECT_NOT_FOUND', `the parent ${pointId} is gone`);
    }
    const { instanceId } = point.manifest;
    const chain = new CurrentChain(context, instanceId, { pointId, volumeId });
    const { length } = await chain.images();
    if (length >= chainImagesMax) {
      throw new SnapledgerError(
        'CHAIN_TOO_LONG',
        `the point ${pointId} has ${length - 1} others behind it, and no more can be read`,
        { remedy: "The volume is read in full instead. 'snapledger gc merge' shortens the chain." },
      );
    }
    return { sizeBytes: described.sizeBytes, chain };
  }

  #open(): RepositoryContext {
    if (this.#state === 'open') return this.#context;
    throw invalid('the repository has been closed');
  }
}
