import type { BackupCommand } from '../../domain/backup-session/backup-commands.ts';
import type { BackupStep } from '../../domain/backup-session/backup-step.ts';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import { unreachable } from '../../domain/errors/unreachable.ts';
import type { StepContext } from './step-context.ts';
import { abandonReplica } from './steps/abandon-replica.ts';
import { attachVolumes } from './steps/attach-volumes.ts';
import { awaitReplica } from './steps/await-replica.ts';
import { commitPoint, recordPoint } from './steps/commit-point.ts';
import { decideRetention } from './steps/decide-retention.ts';
import { inspectInstance } from './steps/inspect-instance.ts';
import { launchWorker } from './steps/launch-worker.ts';
import { planRead } from './steps/plan-read.ts';
import { readDirectly } from './steps/read-directly.ts';
import { removePoint } from './steps/remove-point.ts';
import { removeReplica } from './steps/remove-replica.ts';
import { removeSnapshots } from './steps/remove-snapshots.ts';
import { removeWorker } from './steps/remove-worker.ts';
import { requestReplica } from './steps/request-replica.ts';
import { requestSnapshots } from './steps/request-snapshots.ts';
import { startReplica } from './steps/start-replica.ts';
import { settleSnapshots, takeSnapshots } from './steps/take-snapshots.ts';
import { transferBlocks } from './steps/transfer-blocks.ts';

/**
 * Performs one step through the ports and gives what is to be recorded. Every step can be
 * performed again after a crash in any place of it.
 */
export async function performStep(context: StepContext, step: BackupStep): Promise<BackupCommand> {
  const { engine, session, signal } = context;
  switch (step.kind) {
    case 'inspect-instance':
      return inspectInstance(context);
    case 'request-snapshots':
      return requestSnapshots(context);
    case 'take-snapshots':
      return takeSnapshots(context, step.setId);
    case 'settle-snapshots':
      return settleSnapshots(context, step.setId);
    case 'await-snapshots':
      await context.waiters.own.completed(step.snapshotIds, signal);
      return { type: 'RecordSnapshotsCompleted' };
    case 'register-writer': {
      const repository = await engine.repository();
      await repository.registerWriter(session.sessionId, session.instanceId);
      const { id: repositoryId, format } = repository;
      return { type: 'RecordWriter', repositoryId, format: format.name };
    }
    case 'plan-read':
      return planRead(context);
    case 'launch-worker':
      return launchWorker(context, step.attempt);
    case 'attach-volumes':
      return attachVolumes(context, step.attempt, step.workerId);
    case 'transfer-blocks':
      return transferBlocks(context, step.attempt, step.workerId);
    case 'read-directly':
      return readDirectly(context, step.attempt);
    case 'commit-point':
      return commitPoint(context);
    case 'remove-worker':
      return removeWorker(context);
    case 'close-writer': {
      const repository = await engine.repository();
      await repository.closeWriter(session.sessionId);
      return { type: 'RecordWriterClosed' };
    }
    case 'discard-writer': {
      const repository = await engine.repository();
      const committed = await repository.discardWriter(session.sessionId, session.instanceId);
      if (committed === null) return { type: 'RecordWriterClosed' };
      await context.lockPoint(committed);
      return recordPoint(committed);
    }
    case 'decide-retention':
      return decideRetention(context);
    case 'expire-points':
      return { type: 'ExpirePoints', now: engine.clock.now() };
    case 'clear-removals':
      return { type: 'RecordRemovalsCleared', withheld: await context.clearRemovals(step.items) };
    case 'remove-snapshots':
      return removeSnapshots(context, step);
    case 'request-replica':
      return requestReplica(context);
    case 'start-replica':
      return startReplica(context, step);
    case 'await-replica':
      return awaitReplica(context, step);
    case 'abandon-replica':
      return abandonReplica(context, step);
    case 'remove-replica':
      return removeReplica(context, step);
    case 'remove-point':
      return removePoint(context, step);
    case 'end-session':
      return { type: 'EndSession', now: engine.clock.now() };
    case 'nothing':
      throw new SnapledgerError('INTERNAL', 'an ended session has no step to perform');
    default:
      return unreachable(step);
  }
}
