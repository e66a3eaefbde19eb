import type { Region } from '../../src/domain/identifiers.ts';
import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { ModelPolicy } from './model-instance.ts';
import { policyId, web } from './real-instance.ts';

/** What a world has for a policy to use. */
export interface PolicyPlace {
  readonly replicaRegion: Region;
  readonly transport: BackupPolicy['image']['transport'];
}

export function policyOf(
  { count, days, image, cbt, baseMoves, replicas, points }: ModelPolicy,
  { replicaRegion: region, transport }: PolicyPlace,
): BackupPolicy {
  const usual = defaultPolicy(policyId, [web]);
  const age = days === null ? null : ({ amount: days, unit: 'days' } as const);
  const keep = (newest: number | null) => ({ count: newest, age: null, gfs: null });
  return {
    ...usual,
    snapshots: {
      schedules: [],
      retention: { count, age, gfs: null },
      baseMoves,
      volumeTags: 'leave',
    },
    replicas:
      replicas === null
        ? []
        : [
            {
              target: { region, keyId: null, account: null },
              schedules: [],
              retention: keep(replicas),
            },
          ],
    image: {
      ...usual.image,
      level: image,
      transport,
      changedBlockTracking: cbt,
      retention: keep(points),
    },
    retry: { attemptsMax: 1, waitMinutes: 1 },
  };
}
