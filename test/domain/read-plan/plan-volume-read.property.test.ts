import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type BaseFacts,
  type FullReadObstacle,
  type ParentFacts,
  planVolumeRead,
  type ReadPlanPolicy,
  type VolumeReadFacts,
} from '../../../src/domain/read-plan/plan-volume-read.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

// Few values each, so that facts often agree by chance.
const snapshotIds = fc.constantFrom('a', 'b').map(sampleIds.snapshot);
const sizes = fc.constantFrom(524_288, 1_048_576);

const parents: fc.Arbitrary<ParentFacts | null> = fc.oneof(
  fc.constant(null),
  fc.constant({ condition: 'damaged' as const }),
  fc.constant({ condition: 'elsewhere' as const }),
  fc.record({
    condition: fc.constant('sound' as const),
    pointId: fc.constantFrom('monday', 'friday').map(sampleIds.session),
    snapshotId: snapshotIds,
  }),
);

const bases: fc.Arbitrary<BaseFacts | null> = fc.oneof(
  fc.constant(null),
  fc.record({
    snapshotId: snapshotIds,
    sizeBytes: sizes,
    state: fc.constantFrom('completed', 'completed', 'not-completed', 'archived', 'gone'),
  }),
);

const obstacles: fc.Arbitrary<FullReadObstacle | null> = fc.option(
  fc.record({
    reason: fc.constantFrom(
      'unrelated-snapshots',
      'no-changed-block-api',
      'no-permission',
      'parent-damaged',
      'parent-condemned',
      'chain-too-long',
    ),
    listable: fc.constantFrom('allocated', 'nothing'),
  }),
  { freq: 3 },
);

const facts: fc.Arbitrary<VolumeReadFacts> = fc.record({
  volumeId: fc.constant(sampleIds.volume('root')),
  sizeBytes: sizes,
  pointKind: fc.constantFrom('incremental', 'incremental', 'full'),
  parent: parents,
  base: bases,
  obstacles: obstacles.map((met) => (met === null ? [] : [met])),
});

const policies: fc.Arbitrary<ReadPlanPolicy> = fc.record({
  snapshots: fc.record({
    retention: fc.record({
      count: fc.nat({ max: 3 }),
      age: fc.constant(null),
      gfs: fc.constant(null),
    }),
  }),
  image: fc.record({ changedBlockTracking: fc.constantFrom('on', 'off') }),
});

function forAll(claim: (facts: VolumeReadFacts, policy: ReadPlanPolicy) => void): void {
  fc.assert(fc.property(facts, policies, claim), { numRuns: 5_000 });
}

describe('the plan of a read, whatever is known,', () => {
  it("is 'changed' exactly when nothing speaks against it", () => {
    forAll((known, policy) => {
      const { base, parent, obstacles: met, sizeBytes } = known;
      const nothingAgainst =
        known.pointKind === 'incremental' &&
        base?.state === 'completed' &&
        base.sizeBytes === sizeBytes &&
        parent?.condition === 'sound' &&
        parent.snapshotId === base.snapshotId &&
        policy.image.changedBlockTracking === 'on' &&
        (policy.snapshots.retention.count ?? 0) > 0 &&
        met.length === 0;
      assert.equal(planVolumeRead(known, policy).mode === 'changed', nothingAgainst);
    });
  });

  it('lists blocks unless that is impossible', () => {
    forAll((known, policy) => {
      const { mode } = planVolumeRead(known, policy);
      assert.equal(mode === 'everything', known.obstacles[0]?.listable === 'nothing');
    });
  });

  it('compares with the parent whenever that can be read and no full point was asked for', () => {
    forAll((known, policy) => {
      const {
        parent,
        obstacles: [obstacle],
      } = known;
      const lost = ['parent-damaged', 'parent-condemned', 'chain-too-long'];
      const isLost = lost.includes(obstacle?.reason ?? '');
      const isReadable = parent?.condition === 'sound' && !isLost;
      const expected = isReadable && known.pointKind === 'incremental' ? parent.pointId : null;
      assert.equal(planVolumeRead(known, policy).parentPointId, expected);
    });
  });

  it('gives an obstacle as the reason only when that obstacle was met', () => {
    forAll((known, policy) => {
      const plan = planVolumeRead(known, policy);
      if (plan.mode === 'changed') return;
      const ofObstacle = ['unrelated-snapshots', 'no-changed-block-api', 'no-permission'];
      if (!ofObstacle.includes(plan.reason)) return;
      assert.equal(plan.reason, known.obstacles[0]?.reason);
    });
  });
});
