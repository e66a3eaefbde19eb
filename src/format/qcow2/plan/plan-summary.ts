import type { ObjectStore } from '../../../ports/object-store.ts';
import type { TransferPlanRef, TransferPlanRequest } from '../../transfer-plan.ts';
import type { Envelope } from '../object/envelope.ts';
import { objectIfAny, readJson } from '../object/json-object.ts';
import { objectKeys } from '../object/object-keys.ts';
import { corrupt, invalid } from '../object/refusals.ts';
import { decodePlanEntries, type PlanEntry } from './plan-entry.ts';

/** Written last: a plan without it was never finished, and is none. */
export interface PlanSummary {
  readonly sizeBytes: number;
  readonly parent: TransferPlanRequest['parent'];
  /** How many blocks of each page are to be read. */
  readonly pages: readonly number[];
  readonly plannedBlocks: number;
}

/** @throws INVALID_ARGUMENT when there is no plan, OBJECT_CORRUPT */
export async function readPlanSummary(
  objectStore: Pick<ObjectStore, 'get'>,
  envelope: Envelope,
  plan: TransferPlanRef,
): Promise<PlanSummary> {
  const key = objectKeys.planSummary(plan);
  const summary = await readJson<PlanSummary>(objectStore, envelope, key);
  if (summary === null) throw invalid(`there is no plan ${plan.planId}`);
  return summary;
}

/**
 * The entries of a plan, ascending, from the page on that has the block which is read as number
 * `firstPlanned`; each page with the number of the first block that is read of it.
 *
 * @throws OBJECT_CORRUPT
 */
export async function* readPlanPages(
  objectStore: Pick<ObjectStore, 'get'>,
  envelope: Envelope,
  plan: TransferPlanRef,
  { pages }: PlanSummary,
  firstPlanned = 0,
): AsyncGenerator<{ readonly position: number; readonly entries: Iterable<PlanEntry> }, void> {
  let position = 0;
  for (const [number, planned] of pages.entries()) {
    const end = position + planned;
    if (end > firstPlanned || firstPlanned === 0) {
      const key = objectKeys.planPage(plan, number);
      const bytes = await objectIfAny(objectStore, key);
      if (bytes === null) throw corrupt(key, 'the object is gone');
      yield { position, entries: decodePlanEntries(envelope.unwrap(key, bytes)) };
    }
    position = end;
  }
}
