import { assert } from '../../../domain/errors/assert.ts';
import { SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import type { InstanceId, PointId, RepositoryId, SessionId } from '../../../domain/identifiers.ts';
import type { PointTrace } from '../../point-trace.ts';
import type { CommitRequest, LedgerKeys, Repository } from '../../repository.ts';
import type { PointManifest, PointReader } from '../../restore-point.ts';
import type { StorageFormat } from '../../storage-format.ts';
import type {
  TransferPlanRef,
  TransferPlanRequest,
  TransferPlanSummary,
} from '../../transfer-plan.ts';
import type { TransferSegment } from '../../transfer-segment.ts';
import type {
  VerifyCoverage,
  VerifyFinding,
  VerifyOptions,
  VerifyProgress,
} from '../../verification.ts';
import { StrataCollector } from '../collect/strata-collector.ts';
import { commitPoint } from '../commit/commit-point.ts';
import { readSegments } from '../commit/read-segments.ts';
import { eraseRepositoryKeys } from '../keys/repository-keys.ts';
import { sessionLockOf } from '../lock/session-lock.ts';
import { workerSecretOf } from '../keys/worker-secret.ts';
import { encodeGrant } from '../object/grant.ts';
import { writeTransferPlan } from '../plan/write-transfer-plan.ts';
import { listStoredPoints } from '../point/list-points.ts';
import { removePoint } from '../point/remove-point.ts';
import { StrataPointReader } from '../point/strata-point-reader.ts';
import { tracePoint } from '../point/trace-point.ts';
import { StrataRelocator } from '../relocate/strata-relocator.ts';
import { StrataRepairer } from '../repair/strata-repairer.ts';
import { verifyRepository } from '../verify/verify-repository.ts';
import { closeWriter } from '../writer/close-writer.ts';
import { discardWriter } from '../writer/discard-writer.ts';
import { registerWriter } from '../writer/register-writer.ts';
import type { RepositoryContext } from './repository-context.ts';

/** One open strata repository: each method is a file of its own, this binds them to the keys. */
export class StrataRepository implements Repository {
  readonly id: RepositoryId;
  readonly format: StorageFormat;
  readonly collector = new StrataCollector(() => this.#open());
  readonly relocator = new StrataRelocator(() => this.#open());
  readonly repairer = new StrataRepairer(() => this.#open());
  readonly merger = null;
  readonly #context: RepositoryContext;
  #state: 'open' | 'closed' = 'open';

  constructor(format: StorageFormat, context: RepositoryContext) {
    this.format = format;
    this.id = context.keys.repositoryId;
    this.#context = context;
  }

  async registerWriter(sessionId: SessionId, instanceId: InstanceId): Promise<void> {
    await registerWriter(this.#open(), sessionId, instanceId);
  }

  async writeTransferPlan(request: TransferPlanRequest): Promise<TransferPlanSummary> {
    return await writeTransferPlan(this.#open(), request);
  }

  async grantTransfer(sessionId: SessionId): Promise<Uint8Array> {
    const context = this.#open();
    const dataKey = await context.keyring.dataKeyOf(sessionId);
    const retainUntil = await sessionLockOf(context, sessionId);
    const { blockIdKey } = context.keys;
    return encodeGrant({ repositoryId: this.id, sessionId, blockIdKey, dataKey, retainUntil });
  }

  async deriveWorkerSecret(sessionId: SessionId, attempt: number): Promise<Uint8Array> {
    const { keys, keyring } = this.#open();
    // Of the session's own epoch: its worker may have been launched before a rotation.
    const epochKeys = keys.epochs[await keyring.epochOf(sessionId)];
    assert(epochKeys !== undefined, 'a key that was opened is of a known epoch');
    return workerSecretOf(epochKeys.workerSecretKey, sessionId, attempt);
  }

  async readSegments(
    plan: TransferPlanRef,
    attempt: number,
    from: number,
  ): Promise<readonly TransferSegment[]> {
    return await readSegments(this.#open(), plan, attempt, from);
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
    const listing = await listStoredPoints(this.#open().catalog, instanceId);
    for await (const listed of listing.points()) {
      if (listed.kind === 'point') yield listed.point.manifest;
      // Damaged ones come last: everything sound was given before this ends the listing. A relocation
      // hurts points, which are there all the same; 'verify' tells of it.
      else if (listed.kind === 'damage') throw listed.error;
    }
  }

  async openPoint(pointId: PointId): Promise<PointReader> {
    const context = this.#open();
    return new StrataPointReader(context, await context.catalog.read(pointId));
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
    yield* verifyRepository(this.#open(), options);
  }

  /** Overwrites the keys. Nothing can be done with the repository afterwards. */
  close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closed';
      const { keys, keyring, catalog } = this.#context;
      keyring.clear();
      catalog.clear();
      eraseRepositoryKeys(keys);
    }
    return Promise.resolve();
  }

  #open(): RepositoryContext {
    if (this.#state === 'open') return this.#context;
    throw new SnapledgerError('INVALID_ARGUMENT', 'the repository has been closed', {
      remedy: 'Open it again.',
    });
  }
}
