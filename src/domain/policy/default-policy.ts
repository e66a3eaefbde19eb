import type { InstanceId, PolicyId } from '../identifiers.ts';
import type { BackupPolicy } from './backup-policy.ts';
import { selectInstances } from './instance-selection.ts';
import { everyVolume } from './volume-selection.ts';
import { usualWorkers } from './worker-policy.ts';

/**
 * What a policy is before anybody changes it: on demand only, keeps seven sets and all restore
 * points, image-level on, CBT on.
 */
export function defaultPolicy(
  policyId: PolicyId,
  instanceIds: readonly InstanceId[],
): BackupPolicy {
  return {
    policyId,
    priority: 0,
    selection: selectInstances(instanceIds),
    volumes: everyVolume,
    timeZone: 'UTC',
    snapshots: {
      schedules: [],
      retention: { count: 7, age: null, gfs: null },
      baseMoves: 'before-retention',
      volumeTags: 'leave',
    },
    replicas: [],
    image: {
      level: 'on',
      changedBlockTracking: 'on',
      compression: 'balanced',
      transport: 'worker',
      schedules: [],
      retention: { count: null, age: null, gfs: null },
      workers: usualWorkers,
    },
    window: null,
    missedRuns: 'run-once',
    retry: { attemptsMax: 3, waitMinutes: 10 },
  };
}
