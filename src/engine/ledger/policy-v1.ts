import type { InstanceId, PolicyId } from '../../domain/identifiers.ts';
import type { BackupPolicy, ImagePolicy } from '../../domain/policy/backup-policy.ts';

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

/** What an old policy means in today's terms: it ran on demand only, and kept all restore points. */
export function upcastPolicy(
  { policyId, snapshots, image }: PolicyV1,
  instances: readonly InstanceId[],
): BackupPolicy {
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
