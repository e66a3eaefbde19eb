import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planRetention } from '../../src/domain/retention/plan-retention.ts';
import { arbitraryCircumstances } from '../../src/verification/arbitrary-circumstances.ts';

/** All reasons that the policies of the kit can lead to. */
const reasons = [
  'beyond-count',
  'cbt-base',
  'copy-source',
  'expired',
  'flag-expired',
  'gfs-daily',
  'gfs-monthly',
  'gfs-weekly',
  'gfs-yearly',
  'in-use',
  'incomplete',
  'legal-hold',
  'locked',
  'manual',
  'manual-expired',
  'needed-by',
  'no-flag',
  'no-policy',
  'no-rule',
  'nothing-kept',
  'obsolete',
  'parent-point',
  'replica-base',
  'within-age',
  'within-count',
];

describe('the arbitrary circumstances of the kit', () => {
  it('lead to every reason there is', () => {
    const met = new Set<string>();
    for (const circumstances of fc.sample(arbitraryCircumstances, { numRuns: 1_500, seed: 1 })) {
      const { snapshots, replicas, points } = planRetention(circumstances);
      const kept = [...snapshots.keep, ...replicas.keep, ...points.keep];
      const going = [...snapshots.remove, ...replicas.remove, ...points.expire];
      for (const { kind } of [
        ...kept.flatMap((item) => item.reasons),
        ...going.flatMap((item) => item.reasons),
        ...points.expire.flatMap(({ held }) => held),
      ]) {
        met.add(kind);
      }
    }
    assert.deepEqual(
      reasons.filter((kind) => !met.has(kind)),
      [],
    );
  });
});
