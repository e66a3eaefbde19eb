import { planRetention } from '../domain/retention/plan-retention.ts';
import type { RetentionCircumstances } from '../domain/retention/retention-circumstances.ts';
import type { RetentionPlan } from '../domain/retention/retention-plan.ts';

/** What decides what becomes of each item. */
export type Planner = (circumstances: RetentionCircumstances) => RetentionPlan;

/** Something that holds for every plan, whatever the history, the policy and the rules. */
export interface PlanProperty {
  /** Completing "a plan …". */
  readonly name: string;
  /**
   * Throws an error that says what is wrong when the property does not hold.
   *
   * @param circumstances with the rules of an embedding program in `rulesOf`, where there are some
   * @param planner default: `planRetention`
   */
  readonly check: (circumstances: RetentionCircumstances, planner?: Planner) => void;
}

export function planProperty(
  name: string,
  check: (circumstances: RetentionCircumstances, planner: Planner) => void,
): PlanProperty {
  return {
    name,
    check: (circumstances, planner = planRetention) => {
      check(circumstances, planner);
    },
  };
}
