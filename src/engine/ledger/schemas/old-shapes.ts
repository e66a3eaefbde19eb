import type { SnapshotSetId } from '../../../domain/identifiers.ts';
import { choice, object, type Shape, variants } from '../../../domain/shape/shape.ts';
import type {
  DecidedSetV1,
  InstanceInspectedV1,
  KeepReasonV1,
  PolicySetV1,
  RemoveReasonV1,
  RetentionDecidedV1,
  SessionStartedV1,
} from '../event-upcasters.ts';
import type { PolicyV1 } from '../policy-v1.ts';
import { inspectedFields } from './backup-shapes.ts';
import { amount, id, many, ordinal, timestamp } from './event-fields.ts';

const policyV1: Shape<PolicyV1> = object<PolicyV1>({
  policyId: id(),
  snapshots: object<PolicyV1['snapshots']>({
    retention: variants<PolicyV1['snapshots']['retention']>({ count: { keep: amount } }),
    baseMoves: choice('before-retention', 'after-retention'),
  }),
  image: object<PolicyV1['image']>({
    level: choice('on', 'off'),
    changedBlockTracking: choice('on', 'off'),
    compression: choice('fast', 'balanced', 'small'),
    transport: choice('worker'),
  }),
});

export const sessionStartedV1: Shape<SessionStartedV1> = object<SessionStartedV1>({
  kind: choice('backup'),
  sessionId: id(),
  instanceId: id(),
  scope: choice('snapshot-only', 'image-level'),
  policy: policyV1,
  startedAt: timestamp,
});

export const instanceInspectedV1: Shape<InstanceInspectedV1> =
  object<InstanceInspectedV1>(inspectedFields);

const decidedSet = { setId: id<SnapshotSetId>(), takenAt: timestamp };
const place = { place: ordinal, keep: amount };

export const retentionDecidedV1: Shape<RetentionDecidedV1> = object<RetentionDecidedV1>({
  keep: many(
    object<DecidedSetV1<KeepReasonV1>>({
      ...decidedSet,
      reasons: many(
        variants<KeepReasonV1>({
          'within-count': place,
          'cbt-base': { pointId: id() },
          'in-use': { sessionId: id() },
        }),
      ),
    }),
  ),
  remove: many(
    object<DecidedSetV1<RemoveReasonV1>>({
      ...decidedSet,
      reasons: many(variants<RemoveReasonV1>({ 'beyond-count': place, incomplete: {} })),
    }),
  ),
});

export const policySetV1: Shape<PolicySetV1> = object<PolicySetV1>({
  policy: policyV1,
  instances: many(id()),
});
