import type {
  InstanceInspected,
  RetentionDecided,
  SessionStarted,
} from '../../domain/backup-session/backup-events.ts';
import type { InstanceId, SnapshotSetId, TimestampMs } from '../../domain/identifiers.ts';
import type { PolicySet } from '../../domain/policy/policy-events.ts';
import { recordPlan } from '../../domain/retention/recorded-plan.ts';
import type { KeepReason, RemoveReason } from '../../domain/retention/retention-reasons.ts';
import { type PolicyV1, upcastPolicy } from './policy-v1.ts';

/** The data of an event of one version, made of that of the version before; pure. */
export type Upcaster = (data: object) => object;

type SessionStartedV1 = Pick<SessionStarted['data'], 'sessionId' | 'instanceId' | 'startedAt'> & {
  readonly kind: 'backup';
  readonly scope: 'snapshot-only' | 'image-level';
  readonly policy: PolicyV1;
};

export function sessionStartedFromV1(data: object): SessionStarted['data'] {
  const started = data as SessionStartedV1;
  const { kind, sessionId, instanceId, scope, startedAt } = started;
  return {
    kind,
    sessionId,
    instanceId,
    scope,
    origin: { kind: 'on-demand' },
    policy: upcastPolicy(started.policy, [instanceId]),
    pointKind: 'incremental',
    replicaTargets: [],
    startedAt,
  };
}

interface RetentionDecidedV1 {
  readonly keep: readonly DecidedSetV1<KeepReasonV1>[];
  readonly remove: readonly DecidedSetV1<RemoveReasonV1>[];
}

interface DecidedSetV1<Reason> {
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly Reason[];
}

type KeepReasonV1 =
  | { readonly kind: 'within-count'; readonly place: number; readonly keep: number }
  | Extract<KeepReason, { readonly kind: 'cbt-base' | 'in-use' }>;

type RemoveReasonV1 =
  | { readonly kind: 'beyond-count'; readonly place: number; readonly keep: number }
  | Extract<RemoveReason, { readonly kind: 'incomplete' }>;

/** There were only snapshot sets to decide about; the place in the chain is that in the lists. */
export function retentionDecidedFromV1(data: object): RetentionDecided['data'] {
  const { keep, remove } = data as RetentionDecidedV1;
  return recordPlan({
    decidedAt: null,
    snapshots: {
      keep: keep.map(({ setId, takenAt, reasons }) => ({
        id: setId,
        takenAt,
        reasons: reasons.map((reason) =>
          reason.kind === 'within-count' ? { kind: reason.kind, keep: reason.keep } : reason,
        ),
      })),
      remove: remove.map(({ setId, takenAt, reasons }) => ({
        id: setId,
        takenAt,
        reasons: reasons.map((reason) =>
          reason.kind === 'beyond-count' ? { kind: reason.kind, keep: reason.keep } : reason,
        ),
      })),
    },
    replicas: { keep: [], remove: [] },
    points: { dependency: 'independent', keep: [], expire: [] },
  });
}

/** Every volume of the instance was backed up. */
export function instanceInspectedFromV1(data: object): InstanceInspected['data'] {
  return { ...(data as Omit<InstanceInspected['data'], 'excluded'>), excluded: [] };
}

interface PolicySetV1 {
  readonly policy: PolicyV1;
  readonly instances: readonly InstanceId[];
}

export function policySetFromV1(data: object): PolicySet['data'] {
  const { policy, instances } = data as PolicySetV1;
  return { policy: upcastPolicy(policy, instances) };
}
