import type { BlockIndex, SessionId } from '../../../domain/identifiers.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { planPageKey } from '../object/object-keys.ts';
import { openSealed } from '../object/sealed-object.ts';
import {
  planPageEntriesMax,
  readPlanPage,
  type PlannedParent,
  type PlanPage,
} from '../object/transfer-plan.ts';
import { retryUnavailable, type RetryContext } from '../../flow/retry-unavailable.ts';
import { transferLimits } from './transfer-limits.ts';

export interface PlanLocation {
  readonly objectStore: ObjectStore;
  readonly repositoryIdBytes: Uint8Array;
  readonly sessionId: SessionId;
  readonly planId: string;
  /** C_s */
  readonly controlKey: Uint8Array;
}

export interface PlannedBlock {
  readonly index: BlockIndex;
  readonly parent: PlannedParent;
}

/** One to `blocksPerBatch` planned blocks, ascending. */
export type PlannedBatch = readonly PlannedBlock[];

/**
 * The blocks to read, in the order of the plan, from the planned position `firstPlanned` on.
 * Holds two pages of the plan at most.
 *
 * @throws OBJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 */
export async function* readPlannedBatches(
  plan: PlanLocation,
  firstPlanned: number,
  retry: RetryContext,
): AsyncGenerator<PlannedBatch> {
  let batch: PlannedBlock[] = [];
  let planned = 0;
  for await (const page of readPages(plan, retry)) {
    for (let entry = 0; entry < page.count; entry += 1) {
      if (page.actionAt(entry) === 'absent') continue;
      planned += 1;
      if (planned <= firstPlanned) continue;
      batch.push({ index: page.blockIndexAt(entry), parent: page.parentAt(entry) });
      if (batch.length < transferLimits.blocksPerBatch) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** The pages of the plan; the next one is fetched while one is worked on. */
async function* readPages(plan: PlanLocation, retry: RetryContext): AsyncGenerator<PlanPage> {
  let next = fetchPage(plan, 0, retry);
  for (let number = 1; ; number += 1) {
    const page = await next;
    if (page.count < planPageEntriesMax) {
      yield page;
      return;
    }
    next = fetchPage(plan, number, retry);
    // It is awaited in the next turn; until then a failure of it must not end the process.
    next.catch(() => undefined);
    yield page;
  }
}

async function fetchPage(
  plan: PlanLocation,
  number: number,
  retry: RetryContext,
): Promise<PlanPage> {
  const objectKey = planPageKey(plan.sessionId, plan.planId, number);
  const bytes = await retryUnavailable(() => plan.objectStore.get(objectKey), retry);
  const { content } = openSealed({
    bytes,
    kinds: ['plan-page'],
    objectKey,
    key: plan.controlKey,
    repositoryIdBytes: plan.repositoryIdBytes,
  });
  return readPlanPage(content, { objectKey });
}
