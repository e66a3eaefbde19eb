import type { TimestampMs } from '../identifiers.ts';
import type { InstanceHistory } from '../retention/instance-history.ts';
import type { ObsoleteRule } from '../retention/obsolete-rule.ts';
import { planRetention } from '../retention/plan-retention.ts';
import type { RetentionCircumstances } from '../retention/retention-circumstances.ts';
import { expiriesOf, type ItemRef, type RetentionPlan } from '../retention/retention-plan.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { withNextSession } from './next-session.ts';

/** Of one instance, whatever rules over it. */
export interface GoingQuestion extends Pick<RetentionCircumstances, 'pointDependency' | 'rulesOf'> {
  readonly history: InstanceHistory;
  readonly now: TimestampMs;
}

/** What rules over it. */
export interface Ruling {
  /** Null: none covers it, so that nothing backs it up. */
  readonly policy: BackupPolicy | null;
  readonly obsolete: ObsoleteRule;
}

/** `leaves-chain`: a restore point whose data is held; it is out of the chain for good all the same. */
export type Fate = 'removed' | 'leaves-chain';

/** By `keyOf`. */
export type Going = ReadonlyMap<string, Fate>;

/**
 * What goes when retention runs now, and what goes with a backup by the policy now: what that makes pushes
 * others out, and moves what the next one compares with.
 */
export function itemsGoing(
  question: GoingQuestion,
  { policy, obsolete }: Ruling,
): { readonly withRetention: Going; readonly withBackup: Going } {
  const circumstances = { ...question, policy, obsolete, during: null };
  const withRetention = goingOf(planRetention(circumstances));
  if (policy === null) return { withRetention, withBackup: withRetention };
  const { history, sessionId: during } = withNextSession(question.history, policy, question.now);
  const withBackup = goingOf(planRetention({ ...circumstances, history, during }));
  return { withRetention, withBackup };
}

/** Tells an item from all others of its instance. */
export function keyOf({
  kind,
  id,
}: {
  readonly kind: ItemRef['kind'];
  readonly id: string;
}): string {
  return `${kind} ${id}`;
}

function goingOf(plan: RetentionPlan): Going {
  const { snapshots, replicas } = plan;
  return new Map([
    ...snapshots.remove.map(({ id }) => goes('snapshot-set', id, 'removed')),
    ...replicas.remove.map(({ id }) => goes('replica', id, 'removed')),
    ...expiriesOf(plan).map(({ id, held }) =>
      goes('restore-point', id, held.length === 0 ? 'removed' : 'leaves-chain'),
    ),
  ]);
}

function goes(kind: ItemRef['kind'], id: string, fate: Fate): readonly [string, Fate] {
  return [keyOf({ kind, id }), fate];
}
