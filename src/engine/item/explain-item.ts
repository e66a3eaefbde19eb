import { adoptedItem } from '../../domain/adoption/adopted-item.ts';
import type { StartedBackup } from '../../domain/backup-session/backup-session.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { PointId, TimestampMs } from '../../domain/identifiers.ts';
import { explainItem } from '../../domain/retention/explain-item.ts';
import { planRetention } from '../../domain/retention/plan-retention.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type MissingPoint, missingPoints } from '../point/missing-points.ts';
import type { AdoptionOfItem, ExplainedItem } from './explained-item.ts';
import { findItem } from './find-item.ts';
import { type ItemSources, loadCircumstances } from './load-circumstances.ts';

/** @throws UNKNOWN_ITEM, also for a moment at which the item was not there yet; AMBIGUOUS_ID */
export async function explainByPrefix(
  sources: ItemSources,
  catalogue: Catalogue,
  prefix: string,
  at: TimestampMs | null,
): Promise<ExplainedItem> {
  const { instanceId, item } = await findItem(catalogue, prefix);
  const { circumstances, policyFrom, sessions } = await loadCircumstances(sources, instanceId, {
    at,
  });
  const explanation = explainItem(circumstances, planRetention(circumstances), item);
  if (explanation !== null) {
    const { now, policy } = circumstances;
    const policyId = policy?.policyId ?? null;
    const missing =
      at === null && item.kind === 'restore-point' && explanation.state !== 'removed'
        ? await missingPoint(sources, catalogue, item.id)
        : null;
    const adoption = adoptionOf(item, sessions);
    return { instanceId, item, at: now, policyId, policyFrom, explanation, missing, adoption };
  }
  const when = at === null ? 'was never made' : `was not there at ${new Date(at).toISOString()}`;
  throw new SnapledgerError('UNKNOWN_ITEM', `${item.kind} ${item.id} ${when}`, {
    remedy: "'snapledger sessions' shows what became of the session that was to make it.",
  });
}

async function missingPoint(
  { context, ledger }: ItemSources,
  catalogue: Catalogue,
  pointId: PointId,
): Promise<MissingPoint | null> {
  const repository = await context.repository();
  const [missing] = await missingPoints({ ledger, catalogue }, repository, new Set(), { pointId });
  return missing ?? null;
}

function adoptionOf({ id }: ItemRef, sessions: readonly StartedBackup[]): AdoptionOfItem | null {
  for (const { sessionId, startedAt, adopted } of sessions) {
    const item = adoptedItem(adopted, id);
    if (item !== undefined) return { sessionId, adoptedAt: startedAt, reason: item.reason };
  }
  return null;
}
