import type {
  InstanceInspected,
  ReplicaFailed,
  ReplicaRequested,
  ReplicaStarted,
  Replicated,
  RetentionDecided,
  SessionStarted,
  WorkerLaunched,
} from '../../domain/backup-session/backup-events.ts';
import type { InstanceId, PointId, SnapshotSetId, TimestampMs } from '../../domain/identifiers.ts';
import { type Hold, recordHold } from '../../domain/instance/hold.ts';
import type {
  HoldPlaced,
  InstanceForgotten,
  TagsSeen,
} from '../../domain/instance/instance-events.ts';
import type { InstanceTag } from '../../domain/policy/instance-selection.ts';
import type { WorkerMachine } from '../../domain/policy/worker-policy.ts';
import type { PolicySet } from '../../domain/policy/policy-events.ts';
import type { RunParts } from '../../domain/policy/run-parts.ts';
import type {
  RestoredVolume,
  RestoreCompleted,
  RestoreStarted,
} from '../../domain/restore-session/restore-events.ts';
import type {
  CollectionPlanned,
  RepositorySessionStarted,
} from '../../domain/repository-session/repository-events.ts';
import type {
  InstancesResolved,
  PolicyRunStarted,
} from '../../domain/policy-run/policy-run-events.ts';
import type { SkippedInstance, SkipReason } from '../../domain/policy/resolve-instances.ts';
import { recordPlan } from '../../domain/retention/recorded-plan.ts';
import type { KeepReason, RemoveReason } from '../../domain/retention/retention-reasons.ts';
import { known } from '../../domain/sensitive/sensitive.ts';
import { policyFromV1, type PolicyV1 } from './policy-v1.ts';
import { policyFromV2, type PolicyV2 } from './policy-v2.ts';
import { policyFromV3, type PolicyV3, targetFromV1, type TargetV1 } from './policy-v3.ts';

export type SessionStartedV1 = Pick<
  SessionStarted['data'],
  'sessionId' | 'instanceId' | 'startedAt'
> & {
  readonly kind: 'backup';
  readonly scope: 'snapshot-only' | 'image-level';
  readonly policy: PolicyV1;
};

export function sessionStartedFromV1({
  kind,
  sessionId,
  instanceId,
  scope,
  policy,
  startedAt,
}: SessionStartedV1): SessionStartedV2 {
  return {
    kind,
    sessionId,
    instanceId,
    scope,
    origin: { kind: 'on-demand' },
    policy: policyFromV1(policy, [instanceId]),
    pointKind: 'incremental',
    replicaTargets: [],
    startedAt,
  };
}

export type SessionStartedV2 = Omit<SessionStartedV3, 'policy'> & {
  readonly policy: PolicyV2 | null;
};

export function sessionStartedFromV2(data: SessionStartedV2): SessionStartedV3 {
  return { ...data, policy: data.policy === null ? null : policyFromV2(data.policy) };
}

export type SessionStartedV3 = Omit<SessionStartedV4, 'policy' | 'replicaTargets'> & {
  readonly policy: PolicyV3 | null;
  readonly replicaTargets: readonly TargetV1[];
};

export function sessionStartedFromV3(data: SessionStartedV3): SessionStartedV4 {
  const { policy, replicaTargets } = data;
  return {
    ...data,
    policy: policy === null ? null : policyFromV3(policy),
    replicaTargets: replicaTargets.map(targetFromV1),
  };
}

/** Nothing was adopted. */
export type SessionStartedV4 = Omit<SessionStarted['data'], 'scope'> & {
  readonly scope: Exclude<SessionStarted['data']['scope'], 'adoption'>;
};

export function sessionStartedFromV4(data: SessionStartedV4): SessionStarted['data'] {
  return data;
}

type WithTargetV1<Data> = Omit<Data, 'target'> & { readonly target: TargetV1 };

export type ReplicaRequestedV1 = WithTargetV1<ReplicaRequested['data']>;

export function replicaRequestedFromV1(data: ReplicaRequestedV1): ReplicaRequested['data'] {
  return { ...data, target: targetFromV1(data.target) };
}

export type ReplicaStartedV1 = WithTargetV1<ReplicaStarted['data']>;

export function replicaStartedFromV1(data: ReplicaStartedV1): ReplicaStarted['data'] {
  return { ...data, target: targetFromV1(data.target) };
}

export type ReplicatedV1 = WithTargetV1<Omit<Replicated['data'], 'stillShared'>>;

/** Nothing was shared with anybody. */
export function replicatedFromV1(data: ReplicatedV1): Replicated['data'] {
  return { ...data, target: targetFromV1(data.target), stillShared: null };
}

export type ReplicaFailedV1 = WithTargetV1<Omit<ReplicaFailed['data'], 'stillShared'>>;

export function replicaFailedFromV1(data: ReplicaFailedV1): ReplicaFailed['data'] {
  return { ...data, target: targetFromV1(data.target), stillShared: null };
}

/** Every worker was on demand, and of the type that the vault named. */
export type WorkerLaunchedV1 = Omit<WorkerLaunched['data'], keyof WorkerMachine>;

export function workerLaunchedFromV1(data: WorkerLaunchedV1): WorkerLaunched['data'] {
  return { ...data, instanceType: null, market: 'on-demand' };
}

export interface RetentionDecidedV1 {
  readonly keep: readonly DecidedSetV1<KeepReasonV1>[];
  readonly remove: readonly DecidedSetV1<RemoveReasonV1>[];
}

export interface DecidedSetV1<Reason> {
  readonly setId: SnapshotSetId;
  readonly takenAt: TimestampMs;
  readonly reasons: readonly Reason[];
}

export type KeepReasonV1 =
  | { readonly kind: 'within-count'; readonly place: number; readonly keep: number }
  | Extract<KeepReason, { readonly kind: 'cbt-base' | 'in-use' }>;

export type RemoveReasonV1 =
  | { readonly kind: 'beyond-count'; readonly place: number; readonly keep: number }
  | Extract<RemoveReason, { readonly kind: 'incomplete' }>;

/** There were only snapshot sets to decide about; the place in the chain is that in the lists. */
export function retentionDecidedFromV1({
  keep,
  remove,
}: RetentionDecidedV1): RetentionDecided['data'] {
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

/** Nothing was noticed. */
export type InstanceInspectedV3 = Omit<InstanceInspected['data'], 'notices'>;

/** The configuration was recorded in clear. */
export type InstanceInspectedV2 = Omit<InstanceInspectedV3, 'configuration'> & {
  readonly configuration: Readonly<Record<string, unknown>>;
};

export type InstanceInspectedV1 = Omit<InstanceInspectedV2, 'excluded'>;

/** Every volume of the instance was backed up. */
export function instanceInspectedFromV1(data: InstanceInspectedV1): InstanceInspectedV2 {
  return { ...data, excluded: [] };
}

export function instanceInspectedFromV2(data: InstanceInspectedV2): InstanceInspectedV3 {
  return { ...data, configuration: known(data.configuration) };
}

export function instanceInspectedFromV3(data: InstanceInspectedV3): InstanceInspected['data'] {
  return { ...data, notices: [] };
}

/** In clear. */
export interface TagsSeenV1 {
  readonly tags: readonly InstanceTag[];
}

export function tagsSeenFromV1({ tags }: TagsSeenV1): TagsSeen['data'] {
  return { tags: known(tags) };
}

/** Of a point; nothing else could be restored. */
export type RestoreStartedV1 = Omit<RestoreStarted['data'], 'source'> & {
  readonly pointId: PointId;
};

export function restoreStartedFromV1({
  pointId,
  ...data
}: RestoreStartedV1): RestoreStarted['data'] {
  return { ...data, source: { kind: 'restore-point', id: pointId } };
}

/** What was left behind stood in the places of the volumes. */
export type RestoreCompletedV1 = Omit<RestoreCompleted['data'], 'warnings'>;

export function restoreCompletedFromV1(data: RestoreCompletedV1): RestoreCompleted['data'] {
  return { ...data, warnings: [] };
}

/** The id of a volume stood in its place alone. */
export type VolumeRestoredV2 = Omit<RestoredVolume, 'resourceId'>;

/** With the place in clear. */
export type VolumeRestoredV1 = Omit<VolumeRestoredV2, 'location'> & { readonly location: string };

export function volumeRestoredFromV1(data: VolumeRestoredV1): VolumeRestoredV2 {
  return { ...data, location: known(data.location) };
}

/** A volume as its place named it, which begins so; the path of an image could be anything. */
const placeOfVolume = /^(vol-[0-9a-f]+) in [a-z0-9-]+/;

export function volumeRestoredFromV2(data: VolumeRestoredV2): RestoredVolume {
  const place = data.location?.kind === 'known' ? data.location.value : '';
  return { ...data, resourceId: placeOfVolume.exec(place)?.[1] ?? null };
}

/** With the note in clear. */
export type HoldPlacedV1 = Omit<HoldPlaced['data'], 'hold'> & { readonly hold: Hold };

export function holdPlacedFromV1(data: HoldPlacedV1): HoldPlaced['data'] {
  return { ...data, hold: recordHold(data.hold) };
}

/** Recorded once, whichever keys were destroyed after it. */
export type InstanceForgottenV1 = Omit<InstanceForgotten['data'], 'keyId'>;

export function instanceForgottenFromV1(data: InstanceForgottenV1): InstanceForgotten['data'] {
  return { ...data, keyId: null };
}

export interface PolicySetV1 {
  readonly policy: PolicyV1;
  readonly instances: readonly InstanceId[];
}

export function policySetFromV1({ policy, instances }: PolicySetV1): PolicySetV2 {
  return { policy: policyFromV1(policy, instances) };
}

export interface PolicySetV2 {
  readonly policy: PolicyV2;
}

export function policySetFromV2({ policy }: PolicySetV2): PolicySetV3 {
  return { policy: policyFromV2(policy) };
}

export interface PolicySetV3 {
  readonly policy: PolicyV3;
}

export function policySetFromV3({ policy }: PolicySetV3): PolicySet['data'] {
  return { policy: policyFromV3(policy) };
}

export type PolicyRunStartedV1 = Omit<PolicyRunStartedV2, 'policy'> & {
  readonly policy: PolicyV2;
};

export function policyRunStartedFromV1(data: PolicyRunStartedV1): PolicyRunStartedV2 {
  return { ...data, policy: policyFromV2(data.policy) };
}

export type PolicyRunStartedV2 = Omit<PolicyRunStarted['data'], 'policy' | 'parts'> & {
  readonly policy: PolicyV3;
  readonly parts: Omit<RunParts, 'replicas'> & { readonly replicas: readonly TargetV1[] };
};

export function policyRunStartedFromV2(data: PolicyRunStartedV2): PolicyRunStarted['data'] {
  const { policy, parts } = data;
  return {
    ...data,
    policy: policyFromV3(policy),
    parts: { ...parts, replicas: parts.replicas.map(targetFromV1) },
  };
}

/** An instance that could not be read kept the run from beginning. */
export type InstancesResolvedV1 = Omit<InstancesResolved['data'], 'skipped'> & {
  readonly skipped: readonly SkippedInstanceV1[];
};

export type SkippedInstanceV1 = Omit<SkippedInstance, 'reason'> & { readonly reason: SkipReasonV1 };

export type SkipReasonV1 = Exclude<SkipReason, { readonly kind: 'unreadable' }>;

export function instancesResolvedFromV1(data: InstancesResolvedV1): InstancesResolved['data'] {
  return data;
}

/** Which instance a repacking was for stood in its plan alone. */
export type RepositorySessionStartedV1 = Omit<RepositorySessionStarted['data'], 'instanceId'>;

export type CollectionPlannedV1 = Omit<CollectionPlanned['data'], 'held'>;

/** Nothing was locked. */
export function collectionPlannedFromV1(data: CollectionPlannedV1): CollectionPlanned['data'] {
  return { ...data, held: { objects: 0, bytes: 0, until: null } };
}

export function repositorySessionStartedFromV1(
  data: RepositorySessionStartedV1,
): RepositorySessionStarted['data'] {
  return { ...data, instanceId: null };
}
