import type { InstanceId, PolicyId } from '../../domain/identifiers.ts';
import type { ImagePolicy } from '../../domain/policy/backup-policy.ts';
import type { PolicyV2 } from './policy-v2.ts';

/** A policy as events of schema version 1 carry it: without schedules, for listed instances. */
export interface PolicyV1 {
  readonly policyId: PolicyId;
  readonly snapshots: {
    readonly retention: { readonly kind: 'count'; readonly keep: number };
    readonly baseMoves: 'before-retention' | 'after-retention';
  };
  readonly image: Pick<ImagePolicy, 'level' | 'changedBlockTracking' | 'compression'> & {
    readonly transport: 'worker';
  };
}

/** What the oldest policies mean in later terms: one ran on demand only, and kept all restore points. */
export function policyFromV1(
  { policyId, snapshots, image }: PolicyV1,
  instances: readonly InstanceId[],
): PolicyV2 {
  return {
    policyId,
    priority: 0,
    selection: { include: { kind: 'instances', instanceIds: instances }, exclude: null },
    volumes: { roles: 'all', exclude: [] },
    timeZone: 'UTC',
    snapshots: {
      schedules: [],
      retention: { count: snapshots.retention.keep, age: null, gfs: null },
      baseMoves: snapshots.baseMoves,
    },
    replicas: [],
    image: { ...image, schedules: [], retention: { count: null, age: null, gfs: null } },
    window: null,
    missedRuns: 'run-once',
    retry: { attemptsMax: 1, waitMinutes: 10 },
  };
}
