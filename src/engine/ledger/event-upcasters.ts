import type {
  InstanceInspected,
  RetentionDecided,
  SessionStarted,
} from '../../domain/backup-session/backup-events.ts';
import type { InstanceId, SnapshotSetId, TimestampMs } from '../../domain/identifiers.ts';
import { type Hold, recordHold } from '../../domain/instance/hold.ts';
import type {
  HoldPlaced,
  InstanceForgotten,
  TagsSeen,
} from '../../domain/instance/instance-events.ts';
import type { InstanceTag } from '../../domain/policy/instance-selection.ts';
import type { PolicySet } from '../../domain/policy/policy-events.ts';
import type { RestoredVolume } from '../../domain/restore-session/restore-events.ts';
import { recordPlan } from '../../domain/retention/recorded-plan.ts';
import type { KeepReason, RemoveReason } from '../../domain/retention/retention-reasons.ts';
import { known } from '../../domain/sensitive/sensitive.ts';
import { type PolicyV1, upcastPolicy } from './policy-v1.ts';

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
}: SessionStartedV1): SessionStarted['data'] {
  return {
    kind,
    sessionId,
    instanceId,
    scope,
    origin: { kind: 'on-demand' },
    policy: upcastPolicy(policy, [instanceId]),
    pointKind: 'incremental',
    replicaTargets: [],
    startedAt,
  };
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

/** The configuration was recorded in clear. */
export type InstanceInspectedV2 = Omit<InstanceInspected['data'], 'configuration'> & {
  readonly configuration: Readonly<Record<string, unknown>>;
};

export type InstanceInspectedV1 = Omit<InstanceInspectedV2, 'excluded'>;

/** Every volume of the instance was backed up. */
export function instanceInspectedFromV1(data: InstanceInspectedV1): InstanceInspectedV2 {
  return { ...data, excluded: [] };
}

export function instanceInspectedFromV2(data: InstanceInspectedV2): InstanceInspected['data'] {
  return { ...data, configuration: known(data.configuration) };
}

/** In clear. */
export interface TagsSeenV1 {
  readonly tags: readonly InstanceTag[];
}

export function tagsSeenFromV1({ tags }: TagsSeenV1): TagsSeen['data'] {
  return { tags: known(tags) };
}

/** With the place in clear. */
export type VolumeRestoredV1 = Omit<RestoredVolume, 'location'> & { readonly location: string };

export function volumeRestoredFromV1(data: VolumeRestoredV1): RestoredVolume {
  return { ...data, location: known(data.location) };
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

export function policySetFromV1({ policy, instances }: PolicySetV1): PolicySet['data'] {
  return { policy: upcastPolicy(policy, instances) };
}
