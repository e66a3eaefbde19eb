import type { LeaseEvent } from '../../../domain/engine-lease/lease-events.ts';
import type { PolicyEvent } from '../../../domain/policy/policy-events.ts';
import { policyShape } from '../../../domain/policy/policy-shape.ts';
import type { SkippedInstance, SkipReason } from '../../../domain/policy/resolve-instances.ts';
import type { RunParts } from '../../../domain/policy/run-parts.ts';
import type { OfferEvent } from '../../../domain/policy-run/offer-events.ts';
import type {
  InstanceAttempt,
  PolicyRunEvent,
  PolicyRunStarted,
  RunTrigger,
} from '../../../domain/policy-run/policy-run-events.ts';
import type { ScheduleEvent } from '../../../domain/policy-run/schedule-events.ts';
import type { ObsoleteRule } from '../../../domain/retention/obsolete-rule.ts';
import type { RetentionSettingsEvent } from '../../../domain/retention/obsolete-rule-set.ts';
import {
  choice,
  type Fields,
  nullable,
  object,
  type Shape,
  type Variants,
  variants,
} from '../../../domain/shape/shape.ts';
import {
  id,
  many,
  ordinal,
  period,
  problem,
  problems,
  replicaTarget,
  timestamp,
  words,
} from './event-fields.ts';
import type { SkipReasonV1 } from '../event-upcasters.ts';
import type { ShapesOf } from './shapes-of.ts';

export const policyShapes: ShapesOf<PolicyEvent> = {
  PolicySet: object({ policy: policyShape }),
  PolicyRemoved: object({ policyId: id() }),
};

export const scheduleShapes: ShapesOf<ScheduleEvent> = {
  RunClaimed: object({ sessionId: id(), engineId: id(), coveredUntil: nullable(timestamp) }),
  RunTakenOver: object({ sessionId: id(), engineId: id() }),
  RunReleased: object({ sessionId: id() }),
  RunAbandoned: object({ sessionId: id() }),
};

export const offerShapes: ShapesOf<OfferEvent> = {
  RunOffered: object({ policyId: id(), dueAt: timestamp }),
};

export const leaseShapes: ShapesOf<LeaseEvent> = {
  LeaseTaken: object({ engineId: id(), until: timestamp }),
  LeaseRenewed: object({ until: timestamp }),
  LeaseGivenUp: object({ givenUpAt: timestamp }),
};

const attempt: Fields<InstanceAttempt> = {
  instanceId: id(),
  attempt: ordinal,
  instanceSessionId: id(),
};

/** Of every version, with policies and targets of some version. */
export const runStartedFields = <Policy, Target>(
  policy: Shape<Policy>,
  target: Shape<Target>,
): Fields<
  Omit<PolicyRunStarted['data'], 'policy' | 'parts'> & {
    readonly policy: Policy;
    readonly parts: Omit<RunParts, 'replicas'> & { readonly replicas: readonly Target[] };
  }
> => ({
  kind: choice('policy-run'),
  sessionId: id(),
  policy,
  trigger: variants<RunTrigger>({ schedule: { dueAt: timestamp }, 'on-demand': {} }),
  parts: object<Omit<RunParts, 'replicas'> & { readonly replicas: readonly Target[] }>({
    scope: choice('snapshot-only', 'image-level'),
    replicas: many(target),
  }),
  startedAt: timestamp,
});

/** Of every version. */
export const skipReasons: Variants<SkipReasonV1> = {
  'other-policy': { policyId: id() },
  'not-found': {},
};

export const policyRunShapes: ShapesOf<PolicyRunEvent> = {
  PolicyRunStarted: object(runStartedFields(policyShape, replicaTarget)),
  InstancesResolved: object({
    instances: many(id()),
    skipped: many(
      object<SkippedInstance>({
        instanceId: id(),
        reason: variants<SkipReason>({ ...skipReasons, unreadable: { problem } }),
      }),
    ),
  }),
  InstanceSessionStarted: object(attempt),
  InstanceSessionEnded: object({
    ...attempt,
    status: choice('succeeded', 'warning', 'failed', 'cancelled'),
    problem: nullable(problem),
  }),
  RetryScheduled: object({ attempt: ordinal, instanceIds: many(id()), notBefore: timestamp }),
  StartsForgone: object({ instanceIds: many(id()) }),
  RunCancellationRequested: object({ reason: words }),
  PolicyRunCompleted: object({
    outcome: choice('succeeded', 'warning'),
    warnings: problems,
    endedAt: timestamp,
  }),
  PolicyRunFailed: object({ problem, endedAt: timestamp }),
  PolicyRunCancelled: object({ reason: words, endedAt: timestamp }),
};

export const retentionSettingsShapes: ShapesOf<RetentionSettingsEvent> = {
  ObsoleteRuleSet: object({
    rule: variants<ObsoleteRule>({ never: {}, after: { period } }),
    setAt: timestamp,
  }),
};
