import type { BackupCommand } from '../../../domain/backup-session/backup-commands.ts';
import type { PlannedVolume, TakenSnapshot } from '../../../domain/backup-session/backup-events.ts';
import { workingPolicy } from '../../../domain/backup-session/working-policy.ts';
import { assert } from '../../../domain/errors/assert.ts';
import { hasErrorCode, SnapledgerError } from '../../../domain/errors/snapledger-error.ts';
import {
  type FullReadObstacle,
  planVolumeRead,
  type VolumeReadFacts,
  type VolumeReadPlan,
} from '../../../domain/read-plan/plan-volume-read.ts';
import type { Repository } from '../../../format/repository.ts';
import type { BlockSelection } from '../../../format/transfer-plan.ts';
import { launchAhead } from '../launch-ahead.ts';
import { gatherReadFacts } from '../read-facts.ts';
import type { StepContext } from '../step-context.ts';
import { removeWorker } from './remove-worker.ts';

/** Obstacles that one volume can meet before its plan is written; each leads to a wider read. */
const obstaclesMax = 3;

/**
 * Decides for each volume how it is read, and writes down which blocks the worker has to read,
 * which boots meanwhile where there is something to read for certain.
 */
export async function planRead(context: StepContext): Promise<BackupCommand> {
  const { engine, session } = context;
  assert(session.snapshotSet !== null, 'reading is planned after the snapshots');
  const repository = await engine.repository();
  const facts = await gatherReadFacts(context, repository);
  // Before anything else is read, which keeps a processor busy: another one boots meanwhile.
  await launchAhead(context, facts);
  const volumes: PlannedVolume[] = [];
  for (const snapshot of session.snapshotSet.snapshots) {
    context.signal.throwIfAborted();
    const known = facts.get(snapshot.volumeId);
    assert(known !== undefined, 'facts are gathered for every volume');
    volumes.push(await planVolume(context, repository, snapshot, known));
  }
  // An engine that died in this step may have launched one, and have known of more to read.
  const isNothingRead = volumes.every(({ plannedBlocks }) => plannedBlocks === 0);
  if (isNothingRead && session.worker.state === 'possible') await removeWorker(context);
  return { type: 'RecordReadPlan', volumes };
}

async function planVolume(
  context: StepContext,
  repository: Repository,
  snapshot: TakenSnapshot,
  known: VolumeReadFacts,
): Promise<PlannedVolume> {
  let facts = known;
  for (let obstacles = 0; obstacles <= obstaclesMax; obstacles += 1) {
    const plan = planVolumeRead(facts, workingPolicy(context.session));
    try {
      return await writePlan(context, repository, snapshot, plan);
    } catch (error) {
      facts = withObstacle(facts, plan, error);
    }
  }
  throw new SnapledgerError(
    'INTERNAL',
    `no way was found to read volume ${snapshot.volumeId} of ${context.session.instanceId}`,
  );
}

async function writePlan(
  { engine, session }: StepContext,
  repository: Repository,
  { volumeId, device, snapshotId, sizeBytes }: TakenSnapshot,
  plan: VolumeReadPlan,
): Promise<PlannedVolume> {
  const { parentPointId } = plan;
  const planId = engine.random.uuid();
  const { plannedBlocks } = await repository.writeTransferPlan({
    sessionId: session.sessionId,
    planId,
    sizeBytes,
    selection: selectionOf(plan, engine.cloud.changedBlocks, snapshotId),
    parent: parentPointId === null ? null : { pointId: parentPointId, volumeId },
  });
  const { mode } = plan;
  return {
    volumeId,
    device,
    snapshotId,
    sizeBytes,
    mode,
    reason: plan.mode === 'changed' ? null : plan.reason,
    baseSnapshotId: plan.mode === 'changed' ? plan.baseSnapshotId : null,
    parentPointId,
    planId,
    plannedBlocks,
  };
}

function selectionOf(
  plan: VolumeReadPlan,
  changedBlocks: StepContext['engine']['cloud']['changedBlocks'],
  snapshotId: TakenSnapshot['snapshotId'],
): BlockSelection {
  switch (plan.mode) {
    case 'changed':
      return {
        kind: 'changed',
        pages: changedBlocks.listChangedBlocks(plan.baseSnapshotId, snapshotId),
      };
    case 'allocated':
      return { kind: 'allocated', pages: changedBlocks.listSnapshotBlocks(snapshotId) };
    case 'everything':
      return { kind: 'everything' };
  }
}

/** What the failure of a narrower read tells, or the failure itself when it tells nothing. */
function withObstacle(
  facts: VolumeReadFacts,
  plan: VolumeReadPlan,
  error: unknown,
): VolumeReadFacts {
  if (plan.mode === 'changed' && hasErrorCode(error, 'SNAPSHOT_NOT_FOUND')) {
    assert(facts.base !== null, 'changed blocks are listed against a base');
    return { ...facts, base: { ...facts.base, state: 'gone' } };
  }
  const obstacle = obstacleOf(plan, error);
  if (obstacle === null) throw error;
  return { ...facts, obstacles: [...facts.obstacles, obstacle] };
}

function obstacleOf(plan: VolumeReadPlan, error: unknown): FullReadObstacle | null {
  if (plan.mode === 'changed' && hasErrorCode(error, 'SNAPSHOTS_UNRELATED')) {
    return { reason: 'unrelated-snapshots', listable: 'allocated' };
  }
  if (plan.mode !== 'everything' && hasErrorCode(error, 'CHANGED_BLOCKS_UNAVAILABLE')) {
    const noPermission = error.details['reason'] === 'no-permission';
    return {
      reason: noPermission ? 'no-permission' : 'no-changed-block-api',
      listable: 'nothing',
    };
  }
  if (plan.parentPointId !== null && hasErrorCode(error, 'PARENT_CONDEMNED')) {
    return { reason: 'parent-condemned', listable: 'allocated' };
  }
  if (plan.parentPointId !== null && hasErrorCode(error, 'CHAIN_TOO_LONG')) {
    return { reason: 'chain-too-long', listable: 'allocated' };
  }
  if (plan.parentPointId !== null && hasErrorCode(error, 'OBJECT_CORRUPT', 'OBJECT_NOT_FOUND')) {
    return { reason: 'parent-damaged', listable: 'allocated' };
  }
  return null;
}
