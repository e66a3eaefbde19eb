import type { PolicyRunEvent } from '../../domain/policy-run/policy-run-events.ts';
import {
  evolvePolicyRun,
  initialPolicyRun,
  type PolicyRun,
} from '../../domain/policy-run/policy-run.ts';
import { policyRunCatalogue } from '../ledger/event-catalogues.ts';
import type { Aggregate } from '../ledger/ledger.ts';

export const policyRunAggregate: Aggregate<PolicyRun, PolicyRunEvent> = {
  catalogue: policyRunCatalogue,
  initial: initialPolicyRun,
  evolve: evolvePolicyRun,
};
