import { planPoints } from './plan-points.ts';
import { planReplicas } from './plan-replicas.ts';
import { planSnapshots } from './plan-snapshots.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { RetentionPlan } from './retention-plan.ts';

/**
 * What becomes of each snapshot set, replica and restore point of an instance, and why:
 * docs/retention.md is the specification. Pure, and indifferent to the order in which the history
 * lists its items.
 */
export function planRetention(circumstances: RetentionCircumstances): RetentionPlan {
  return {
    decidedAt: circumstances.now,
    snapshots: planSnapshots(circumstances),
    replicas: planReplicas(circumstances),
    points: planPoints(circumstances),
  };
}
