import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import { defaultPolicy } from '../../src/domain/policy/default-policy.ts';
import type { InstanceId, PolicyId } from '../../src/domain/identifiers.ts';
import { simulatedRegions } from '../support/simulation/cloud/simulated-replicas.ts';
import type { SeededPrng } from '../support/simulation/seeded-prng.ts';

/** Any policy that validates. */
export function anyPolicy(instanceId: InstanceId, prng: SeededPrng): BackupPolicy {
  const level = prng.chance(0.85) ? 'on' : 'off';
  const changedBlockTracking = prng.chance(0.8) ? 'on' : 'off';
  const mayKeepNone = level === 'on' && changedBlockTracking === 'off';
  const usual = defaultPolicy(`policy-of-${instanceId}` as PolicyId, [instanceId]);
  return {
    ...usual,
    snapshots: {
      schedules: [],
      retention: { count: prng.integer(mayKeepNone ? 0 : 1, 3), age: null, gfs: null },
      baseMoves: prng.pick(['before-retention', 'after-retention']),
      volumeTags: 'leave',
    },
    replicas: simulatedRegions
      .filter(() => prng.chance(0.3))
      .map((region) => ({
        target: { region, keyId: null, account: null },
        schedules: [],
        retention: { count: prng.integer(1, 2), age: null, gfs: null },
      })),
    image: {
      ...usual.image,
      level,
      changedBlockTracking,
      transport: prng.fork('transport').chance(0.3) ? 'direct' : 'worker',
      workers: { types: [], market: prng.fork('market').chance(0.3) ? 'spot' : 'on-demand' },
      retention: { count: prng.chance(0.5) ? prng.integer(1, 2) : null, age: null, gfs: null },
    },
  };
}
