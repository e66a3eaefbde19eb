import type { BackupPolicy } from '../../src/domain/policy/backup-policy.ts';
import type { PolicyId } from '../../src/domain/identifiers.ts';
import type { SeededPrng } from '../support/simulation/seeded-prng.ts';

/** Any policy that validates. */
export function anyPolicy(policyId: PolicyId, prng: SeededPrng): BackupPolicy {
  const level = prng.chance(0.85) ? 'on' : 'off';
  const changedBlockTracking = prng.chance(0.8) ? 'on' : 'off';
  const mayKeepNone = level === 'on' && changedBlockTracking === 'off';
  return {
    policyId,
    snapshots: {
      retention: { kind: 'count', keep: prng.integer(mayKeepNone ? 0 : 1, 3) },
      baseMoves: prng.pick(['before-retention', 'after-retention']),
    },
    image: { level, changedBlockTracking, compression: 'balanced', transport: 'worker' },
  };
}
