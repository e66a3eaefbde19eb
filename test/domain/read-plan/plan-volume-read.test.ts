import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FullReadObstacle,
  planVolumeRead,
  type VolumeReadFacts,
  type VolumeReadPlan,
} from '../../../src/domain/read-plan/plan-volume-read.ts';
import type { FullReadReason } from '../../../src/domain/read-plan/read-reason.ts';
import { samplePolicy, type SamplePolicyOptions } from '../../support/domain/sample-policy.ts';
import { sampleIds } from '../../support/domain/sample-ids.ts';

const pointId = sampleIds.session('monday');
const baseSnapshotId = sampleIds.snapshot('monday');
const sizeBytes = 8 * 524_288;

const soundParent = { condition: 'sound', pointId, snapshotId: baseSnapshotId } as const;
const goodBase = { snapshotId: baseSnapshotId, sizeBytes, state: 'completed' } as const;

/** A volume of which only the changed blocks have to be read. */
const incremental: VolumeReadFacts = {
  volumeId: sampleIds.volume('root'),
  sizeBytes,
  pointKind: 'incremental',
  parent: soundParent,
  base: goodBase,
  obstacles: [],
};

interface Row {
  readonly because: string;
  readonly facts?: Partial<VolumeReadFacts>;
  readonly policy?: SamplePolicyOptions;
  /** Default: compared with the parent point. */
  readonly parentPointId?: null;
  readonly mode?: 'everything';
}

const met = (
  reason: FullReadObstacle['reason'],
  listable: FullReadObstacle['listable'],
): Partial<VolumeReadFacts> => ({ obstacles: [{ reason, listable }] });

/** For every reason there is: when it is given. */
const table: Readonly<Record<FullReadReason, readonly Row[]>> = {
  'full-requested': [
    {
      because: 'a full point was asked for, although everything fits',
      facts: { pointKind: 'full' },
      parentPointId: null,
    },
    {
      because: 'a full point was asked for, and there is nothing to compare with anyway',
      facts: { pointKind: 'full', parent: null, base: null },
      parentPointId: null,
    },
    {
      because: 'a full point was asked for, and blocks cannot be listed',
      facts: { pointKind: 'full', ...met('no-changed-block-api', 'nothing') },
      parentPointId: null,
      mode: 'everything',
    },
  ],
  'first-backup': [
    {
      because: 'there is neither a point nor a base',
      facts: { parent: null, base: null },
      parentPointId: null,
    },
    {
      because: 'nothing was kept before, whatever the policy keeps',
      facts: { parent: null, base: null },
      policy: { keep: 0, changedBlockTracking: 'off' },
      parentPointId: null,
    },
  ],
  'keep-is-zero': [
    { because: 'the policy keeps no sets', policy: { keep: 0, changedBlockTracking: 'off' } },
  ],
  'cbt-disabled': [
    { because: 'the policy switched CBT off', policy: { changedBlockTracking: 'off' } },
    {
      because: 'CBT is off, and the base is gone as well',
      facts: { base: null },
      policy: { changedBlockTracking: 'off' },
    },
  ],
  'base-archived': [
    { because: 'the base is in the archive', facts: { base: { ...goodBase, state: 'archived' } } },
  ],
  'repository-changed': [
    {
      because: 'the last point is in another repository, of this format or another',
      facts: { parent: { condition: 'elsewhere' } },
      parentPointId: null,
    },
  ],
  'no-base': [
    { because: 'no set is the base', facts: { base: null } },
    {
      because: 'the base was deleted in the cloud',
      facts: { base: { ...goodBase, state: 'gone' } },
    },
    {
      because: 'the parent is damaged and the base is gone',
      facts: { base: null, parent: { condition: 'damaged' } },
      parentPointId: null,
    },
  ],
  'base-not-completed': [
    {
      because: 'the base is pending or failed',
      facts: { base: { ...goodBase, state: 'not-completed' } },
    },
  ],
  'parent-missing': [
    {
      because: 'the point of the base is not in this repository',
      facts: { parent: null },
      parentPointId: null,
    },
    {
      because: 'the point was read from another snapshot than the base',
      facts: { parent: { ...soundParent, snapshotId: sampleIds.snapshot('sunday') } },
    },
  ],
  'parent-damaged': [
    {
      because: 'the manifest of the parent cannot be read',
      facts: { parent: { condition: 'damaged' } },
      parentPointId: null,
    },
    {
      because: 'the map of the parent turned out to be damaged',
      facts: met('parent-damaged', 'allocated'),
      parentPointId: null,
    },
  ],
  'parent-condemned': [
    {
      because: 'a collection is about to remove what the parent needs',
      facts: met('parent-condemned', 'allocated'),
      parentPointId: null,
    },
  ],
  'chain-too-long': [
    {
      because: 'the format cannot read a point behind so many others',
      facts: met('chain-too-long', 'allocated'),
      parentPointId: null,
    },
  ],
  'volume-resized': [
    { because: 'the volume grew', facts: { sizeBytes: sizeBytes + 512 } },
    { because: 'the volume shrank', facts: { sizeBytes: sizeBytes - 512 } },
  ],
  'unrelated-snapshots': [
    {
      because: 'the cloud says that the snapshots are of different lineage',
      facts: met('unrelated-snapshots', 'allocated'),
    },
  ],
  'no-changed-block-api': [
    {
      because: 'the region cannot list blocks',
      facts: met('no-changed-block-api', 'nothing'),
      mode: 'everything',
    },
  ],
  'no-permission': [
    {
      because: 'we may not list blocks',
      facts: met('no-permission', 'nothing'),
      mode: 'everything',
    },
    {
      because: 'we may not list changed blocks, but the written ones',
      facts: met('no-permission', 'allocated'),
    },
  ],
};

describe('the plan of a read', () => {
  it('asks for the changed blocks when base and parent fit', () => {
    const plan = planVolumeRead(incremental, samplePolicy());
    assert.deepEqual(plan, { mode: 'changed', baseSnapshotId, parentPointId: pointId });
  });

  for (const [reason, rows] of Object.entries(table) as [FullReadReason, readonly Row[]][]) {
    for (const { because, facts, policy, parentPointId = pointId, mode = 'allocated' } of rows) {
      it(`is '${mode}' for the reason '${reason}' when ${because}`, () => {
        const plan = planVolumeRead({ ...incremental, ...facts }, samplePolicy(policy));
        const expected: VolumeReadPlan = { mode, reason, parentPointId };
        assert.deepEqual(plan, expected);
      });
    }
  }

  it('says what was wrong first, not what was met on the way', () => {
    const facts: VolumeReadFacts = {
      ...incremental,
      base: null,
      ...met('no-changed-block-api', 'nothing'),
    };
    assert.deepEqual(planVolumeRead(facts, samplePolicy()), {
      mode: 'everything',
      reason: 'no-base',
      parentPointId: pointId,
    });
  });
});
