import type { ItemSize } from '../../domain/cost/estimate-cost.ts';
import { itemSizes } from '../../domain/cost/item-sizes.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import { planRetention } from '../../domain/retention/plan-retention.ts';
import type { RetentionPlan } from '../../domain/retention/retention-plan.ts';
import { type ItemSources, loadCircumstances } from './load-circumstances.ts';

/** What an instance has, and what retention says of each item; nothing is carried out. */
export interface InstanceItems {
  readonly instanceId: InstanceId;
  /** Null: no policy covers the instance. */
  readonly policy: BackupPolicy | null;
  readonly history: InstanceHistory;
  readonly plan: RetentionPlan;
  /** By the id of the item. */
  readonly sizes: ReadonlyMap<string, ItemSize>;
}

/** @throws UNKNOWN_INSTANCE when nothing is known of it */
export async function describeItems(
  sources: ItemSources,
  instanceId: InstanceId,
  at: TimestampMs | null,
): Promise<InstanceItems> {
  const { circumstances, sessions } = await loadCircumstances(sources, instanceId, at);
  const { policy, history } = circumstances;
  const plan = planRetention(circumstances);
  return { instanceId, policy, history, plan, sizes: itemSizes(sessions) };
}
