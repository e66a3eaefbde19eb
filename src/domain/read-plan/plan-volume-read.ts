import type { PointKind } from '../backup-session/backup-events.ts';
import { assert } from '../errors/assert.ts';
import type { PointId, SnapshotId, VolumeId } from '../identifiers.ts';
import type { ImagePolicy, SnapshotPolicy } from '../policy/backup-policy.ts';
import { keepsNothing } from '../retention/keeps-nothing.ts';
import type { FullReadReason } from './read-reason.ts';

/** What is known of one volume when its reading is planned. */
export interface VolumeReadFacts {
  readonly volumeId: VolumeId;
  readonly sizeBytes: number;
  /** What was asked for. */
  readonly pointKind: PointKind;
  /** The newest point of the repository that has this volume. */
  readonly parent: ParentFacts | null;
  /** This volume's snapshot in the CBT base, when there is a base and it has the volume. */
  readonly base: BaseFacts | null;
  /** What trying has already shown to be impossible, in the order in which it was met. */
  readonly obstacles: readonly FullReadObstacle[];
}

export type ParentFacts =
  | {
      readonly condition: 'sound';
      readonly pointId: PointId;
      /** The snapshot that the point was read from. */
      readonly snapshotId: SnapshotId;
    }
  /** Its manifest cannot be read. */
  | { readonly condition: 'damaged' }
  /** It was written to another repository. */
  | { readonly condition: 'elsewhere' };

export interface BaseFacts {
  readonly snapshotId: SnapshotId;
  readonly sizeBytes: number;
  readonly state: 'completed' | 'not-completed' | 'archived' | 'gone';
}

/** What only the attempt to list blocks can show. */
export interface FullReadObstacle {
  readonly reason:
    | 'unrelated-snapshots'
    | 'no-changed-block-api'
    | 'no-permission'
    | 'parent-damaged'
    | 'parent-condemned'
    | 'chain-too-long';
  /** `nothing`: not even the written blocks of one snapshot can be listed. */
  readonly listable: 'allocated' | 'nothing';
}

export type VolumeReadPlan =
  | {
      readonly mode: 'changed';
      readonly baseSnapshotId: SnapshotId;
      readonly parentPointId: PointId;
    }
  | {
      readonly mode: 'allocated' | 'everything';
      readonly reason: FullReadReason;
      /** Compared with, so that a full read stores only what changed; null stores everything. */
      readonly parentPointId: PointId | null;
    };

export interface ReadPlanPolicy {
  readonly snapshots: Pick<SnapshotPolicy, 'retention'>;
  readonly image: Pick<ImagePolicy, 'changedBlockTracking'>;
}

/** Decides how one volume is read, and why, when it is more than the changed blocks. */
export function planVolumeRead(facts: VolumeReadFacts, policy: ReadPlanPolicy): VolumeReadPlan {
  const parent = facts.parent?.condition === 'sound' ? facts.parent : null;
  const reason = fullReadReason(facts, policy);
  if (reason === null) {
    assert(parent !== null && facts.base !== null, 'changed blocks have a base and a parent');
    return {
      mode: 'changed',
      baseSnapshotId: facts.base.snapshotId,
      parentPointId: parent.pointId,
    };
  }
  return {
    mode: facts.obstacles.some(({ listable }) => listable === 'nothing')
      ? 'everything'
      : 'allocated',
    reason,
    parentPointId: isCompared(facts) ? (parent?.pointId ?? null) : null,
  };
}

/** Whether blocks may be left out because the parent has them. */
function isCompared({ pointKind, obstacles }: VolumeReadFacts): boolean {
  const useless = ['parent-damaged', 'parent-condemned', 'chain-too-long'];
  return pointKind === 'incremental' && !obstacles.some(({ reason }) => useless.includes(reason));
}

function fullReadReason(facts: VolumeReadFacts, policy: ReadPlanPolicy): FullReadReason | null {
  const { pointKind, parent, base, obstacles } = facts;
  if (pointKind === 'full') return 'full-requested';
  if (parent === null && base === null) return 'first-backup';
  if (keepsNothing(policy.snapshots.retention)) return 'keep-is-zero';
  if (policy.image.changedBlockTracking === 'off') return 'cbt-disabled';
  if (base === null || base.state === 'gone') return 'no-base';
  if (parent === null) return 'parent-missing';
  if (parent.condition === 'elsewhere') return 'repository-changed';
  if (parent.condition === 'damaged') return 'parent-damaged';
  if (base.state === 'not-completed') return 'base-not-completed';
  if (base.state === 'archived') return 'base-archived';
  if (parent.snapshotId !== base.snapshotId) return 'parent-missing';
  if (base.sizeBytes !== facts.sizeBytes) return 'volume-resized';
  return obstacles[0]?.reason ?? null;
}
