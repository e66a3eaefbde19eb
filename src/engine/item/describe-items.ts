import type { ItemSize } from '../../domain/cost/estimate-cost.ts';
import { itemSizes } from '../../domain/cost/item-sizes.ts';
import type { InstanceId, TimestampMs } from '../../domain/identifiers.ts';
import type { BackupPolicy } from '../../domain/policy/backup-policy.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import { explainItem } from '../../domain/retention/explain-item.ts';
import { planRetention } from '../../domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../../domain/retention/retention-circumstances.ts';
import type { ItemRef, RetentionPlan } from '../../domain/retention/retention-plan.ts';
import type { PolicyEvidence } from './known-policy.ts';
import { type ItemSources, loadCircumstances } from './load-circumstances.ts';

/** What an instance has, and what retention says of each item; nothing is carried out. */
export interface InstanceItems {
  readonly instanceId: InstanceId;
  /** Null: no policy covers the instance. */
  readonly policy: BackupPolicy | null;
  readonly policyFrom: PolicyEvidence;
  readonly history: InstanceHistory;
  readonly plan: RetentionPlan;
  /** By the id of the item. */
  readonly sizes: ReadonlyMap<string, ItemSize>;
  /** When what keeps an item is over by today's rules, by its id; only where time alone decides. */
  readonly until: ReadonlyMap<string, TimestampMs>;
}

/** @throws UNKNOWN_INSTANCE when nothing is known of it */
export async function describeItems(
  sources: ItemSources,
  instanceId: InstanceId,
  at: TimestampMs | null,
): Promise<InstanceItems> {
  const { circumstances, policyFrom, sessions } = await loadCircumstances(
    sources,
    instanceId,
    // Nothing sensitive is shown; which policy an instance had once depends on its tags of then.
    { at, sensitive: at === null ? 'left' : 'opened' },
  );
  const { policy, history } = circumstances;
  const plan = planRetention(circumstances);
  const until = untilOf(circumstances, plan);
  return { instanceId, policy, policyFrom, history, plan, sizes: itemSizes(sessions), until };
}

function untilOf(
  circumstances: RetentionCircumstances,
  plan: RetentionPlan,
): ReadonlyMap<string, TimestampMs> {
  const items: readonly ItemRef[] = [
    ...plan.snapshots.keep.map(({ id }) => ({ kind: 'snapshot-set', id }) as const),
    ...plan.replicas.keep.map(({ id }) => ({ kind: 'replica', id }) as const),
    ...[...plan.points.keep, ...plan.points.expire].map(
      ({ id }) => ({ kind: 'restore-point', id }) as const,
    ),
  ];
  return new Map(
    items.flatMap((item) => {
      const explanation = explainItem(circumstances, plan, item);
      const until = explanation !== null && 'until' in explanation ? explanation.until : null;
      return until === null ? [] : [[item.id, until] as const];
    }),
  );
}
