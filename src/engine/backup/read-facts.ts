import { assert } from '../../domain/errors/assert.ts';
import { hasErrorCode } from '../../domain/errors/snapledger-error.ts';
import type { VolumeId } from '../../domain/identifiers.ts';
import type {
  BaseFacts,
  ParentFacts,
  VolumeReadFacts,
} from '../../domain/read-plan/plan-volume-read.ts';
import { cbtBase } from '../../domain/retention/cbt-base.ts';
import { parentPoint } from '../../domain/retention/parent-point.ts';
import type { InstanceHistory } from '../../domain/retention/instance-history.ts';
import type { Repository } from '../../format/repository.ts';
import type { PointManifest } from '../../format/restore-point.ts';
import type { SnapshotDescription, SnapshotState } from '../../ports/cloud/snapshots.ts';
import type { StepContext } from './step-context.ts';

/** What is known of each volume of the session's snapshot set before its reading is planned. */
export async function gatherReadFacts(
  context: StepContext,
  repository: Repository,
): Promise<ReadonlyMap<VolumeId, VolumeReadFacts>> {
  const { snapshotSet, pointKind } = context.session;
  assert(snapshotSet !== null, 'reading is planned after the snapshots');
  const history = await context.history();
  const baseSnapshots = await describeBase(context, history);
  const parent = await findParent(context, repository, history);

  return new Map(
    snapshotSet.snapshots.map(({ volumeId, sizeBytes }) => [
      volumeId,
      {
        volumeId,
        sizeBytes,
        pointKind,
        base: baseFacts(baseSnapshots, volumeId),
        parent: parentFacts(parent, volumeId),
        obstacles: [],
      },
    ]),
  );
}

async function describeBase(
  { engine }: StepContext,
  history: InstanceHistory,
): Promise<readonly SnapshotDescription[]> {
  const base = cbtBase(history);
  const set = history.sets.find(({ id }) => id === base?.setId);
  if (set === undefined) return [];
  return engine.cloud.snapshots.describe(set.snapshots.map(({ snapshotId }) => snapshotId));
}

type Parent =
  | { readonly condition: 'sound'; readonly manifest: PointManifest }
  | { readonly condition: 'damaged' | 'elsewhere' | 'missing' };

/** The point that the next one is compared with, as far as this repository has it. */
async function findParent(
  { damagedPoints }: StepContext,
  repository: Repository,
  history: InstanceHistory,
): Promise<Parent> {
  const parent = parentPoint(history.points);
  if (parent === null) return { condition: 'missing' };
  const { repositoryId } = parent;
  if (repositoryId !== null && repositoryId !== repository.id) return { condition: 'elsewhere' };
  // Damage of content is not seen by planning with it: an increment would take it over.
  if ((await damagedPoints()).has(parent.id)) return { condition: 'damaged' };
  try {
    const { manifest } = await repository.openPoint(parent.id);
    return { condition: 'sound', manifest };
  } catch (error) {
    if (hasErrorCode(error, 'UNKNOWN_POINT')) return { condition: 'missing' };
    if (hasErrorCode(error, 'OBJECT_CORRUPT')) return { condition: 'damaged' };
    throw error;
  }
}

function baseFacts(base: readonly SnapshotDescription[], volumeId: VolumeId): BaseFacts | null {
  const snapshot = base.find((description) => description.volumeId === volumeId);
  if (snapshot === undefined) return null;
  return {
    snapshotId: snapshot.snapshotId,
    sizeBytes: snapshot.sizeBytes,
    state: baseState(snapshot.state),
  };
}

function baseState(state: SnapshotState): BaseFacts['state'] {
  switch (state) {
    case 'completed':
    case 'archived':
      return state;
    case 'pending':
    case 'error':
      return 'not-completed';
  }
}

function parentFacts(parent: Parent, volumeId: VolumeId): ParentFacts | null {
  switch (parent.condition) {
    case 'missing':
      return null;
    case 'damaged':
    case 'elsewhere':
      return { condition: parent.condition };
    case 'sound': {
      const volume = parent.manifest.volumes.find((one) => one.volumeId === volumeId);
      if (volume === undefined) return null;
      const { pointId } = parent.manifest;
      return { condition: 'sound', pointId, snapshotId: volume.snapshotId };
    }
  }
}
