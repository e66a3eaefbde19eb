import type { TransferPlanRef } from '../../transfer-plan.ts';
import type { SegmentRun } from '../../transfer-segment.ts';
import { SnapledgerError, hasErrorCode } from '../../../domain/errors/snapledger-error.ts';
import type { SessionKeys } from '../keys/session-keys.ts';
import { objectCorrupt } from '../object/object-corrupt.ts';
import { planPageKey, planSummaryKey, segmentKey } from '../object/object-keys.ts';
import type { SealedKind } from '../object/sealed-object.ts';
import { openSealed } from '../object/sealed-object.ts';
import type { DecodedSegment } from '../object/segment.ts';
import { decodeSegment } from '../object/segment.ts';
import type { PlanPage } from '../object/transfer-plan.ts';
import { planPageEntriesMax, readPlanPage } from '../object/transfer-plan.ts';
import type { PlanSummary } from '../plan/plan-summary.ts';
import { decodePlanSummary } from '../plan/plan-summary.ts';
import type { RepositoryContext } from '../repository/repository-context.ts';
import type { ObjectKey } from '../../../ports/object-store.ts';

/** Reads what engine and worker wrote about one plan under `control/<session>/`. */
export class ControlReader {
  readonly #context: RepositoryContext;
  readonly #session: SessionKeys;
  readonly #ref: TransferPlanRef;

  constructor(context: RepositoryContext, session: SessionKeys, ref: TransferPlanRef) {
    this.#context = context;
    this.#session = session;
    this.#ref = ref;
  }

  /** @throws INVALID_ARGUMENT when there is no such plan, or only a part of it; OBJECT_CORRUPT */
  async summary(): Promise<PlanSummary> {
    const { sessionId, planId } = this.#ref;
    const objectKey = planSummaryKey(sessionId, planId);
    try {
      return decodePlanSummary(await this.#open(objectKey, 'plan-summary'), { objectKey });
    } catch (error) {
      if (!hasErrorCode(error, 'OBJECT_NOT_FOUND')) throw error;
      throw new SnapledgerError('INVALID_ARGUMENT', `there is no whole transfer plan ${planId}`, {
        cause: error,
        remedy: 'Write the plan, and transfer, before the point is committed.',
        details: { sessionId, planId },
      });
    }
  }

  /** The pages of the plan, in order. @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND */
  async *planPages(summary: PlanSummary): AsyncGenerator<PlanPage> {
    const { sessionId, planId } = this.#ref;
    for (let number = 0; number < summary.pages; number += 1) {
      const objectKey = planPageKey(sessionId, planId, number);
      const page = readPlanPage(await this.#open(objectKey, 'plan-page'), { objectKey });
      const isLast = number + 1 === summary.pages;
      if (isLast === (page.count === planPageEntriesMax)) {
        throw objectCorrupt({ objectKey }, 'a page in the middle of the plan is not full');
      }
      yield page;
    }
  }

  /** The segments of the runs, in order. @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND */
  async *segments(
    runs: readonly SegmentRun[],
  ): AsyncGenerator<{ readonly segment: DecodedSegment; readonly objectKey: ObjectKey }> {
    for (const { attempt, firstSegment, endSegment } of runs) {
      for (let number = firstSegment; number < endSegment; number += 1) {
        yield { ...(await this.segment(attempt, number)) };
      }
    }
  }

  /** @throws OBJECT_CORRUPT, OBJECT_NOT_FOUND */
  async segment(
    attempt: number,
    number: number,
  ): Promise<{ readonly segment: DecodedSegment; readonly objectKey: ObjectKey }> {
    const { sessionId, planId } = this.#ref;
    const objectKey = segmentKey(sessionId, planId, attempt, number);
    const content = await this.#open(objectKey, 'segment');
    return { segment: decodeSegment(content, { objectKey }), objectKey };
  }

  async #open(objectKey: ObjectKey, kind: SealedKind): Promise<Uint8Array> {
    const { content } = openSealed({
      bytes: await this.#context.objectStore.get(objectKey),
      kinds: [kind],
      objectKey,
      key: this.#session.controlKey,
      repositoryIdBytes: this.#context.keys.repositoryIdBytes,
    });
    return content;
  }
}
