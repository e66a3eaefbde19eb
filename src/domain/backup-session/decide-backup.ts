import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { SnapshotId, TimestampMs, VolumeId } from '../identifiers.ts';
import { adoptItems } from './adopt-items.ts';
import type { BackupCommand } from './backup-commands.ts';
import type { BackupSessionEvent } from './backup-events.ts';
import { type BackupSession, canBeGivenUp, type StartedBackup } from './backup-session.ts';
import { nextBackupStep } from './backup-step.ts';
import { decideRetention } from './decide-retention.ts';
import { expectStep, illegalTransition } from './expect-step.ts';
import { startSession } from './start-session.ts';
import { workerMachine } from './worker-machine.ts';

/**
 * What happens when a session is told something: the events, or a refusal.
 *
 * A step's outcome is taken only while that step is the next one, so an engine that was overtaken
 * by another can never write history twice.
 *
 * @throws ILLEGAL_TRANSITION when the session is not at the step whose outcome this is
 */
export function decideBackup(
  command: BackupCommand,
  state: BackupSession,
): readonly BackupSessionEvent[] {
  if (command.type === 'StartSession') {
    if (state.status !== 'not-started')
      throw illegalTransition(command, 'it has been started before');
    return [startSession(command)];
  }
  if (command.type === 'AdoptItems') {
    if (state.status !== 'not-started')
      throw illegalTransition(command, 'it has been started before');
    return adoptItems(command);
  }
  if (state.status === 'not-started') throw illegalTransition(command, 'it has not been started');
  if (command.type === 'Cancel') return cancel(state, command.reason);
  if (state.status !== 'running')
    throw illegalTransition(command, `it has ended (${state.status})`);
  return decideRunning(command, state);
}

type RunningCommand = Exclude<
  BackupCommand,
  { readonly type: 'StartSession' | 'AdoptItems' | 'Cancel' }
>;

function decideRunning(
  command: RunningCommand,
  state: StartedBackup,
): readonly BackupSessionEvent[] {
  const step = nextBackupStep(state);
  switch (command.type) {
    case 'RecordInstance':
      expectStep(command, step, 'inspect-instance');
      assert(command.instance.volumes.length > 0, 'an instance to back up has volumes');
      return [{ type: 'InstanceInspected', data: command.instance }];
    case 'RequestSnapshots':
      expectStep(command, step, 'request-snapshots');
      return [{ type: 'SnapshotRequested', data: { setId: command.setId } }];
    case 'RecordSnapshots': {
      const { setId, kind } = expectStep(command, step, 'take-snapshots', 'settle-snapshots');
      const { takenAt, snapshots } = command;
      assert(snapshots.length > 0, 'a snapshot set has snapshots');
      if (kind === 'take-snapshots') assertCovers(state.instance?.volumes, snapshots);
      return [{ type: 'SnapshotTaken', data: { setId, takenAt, snapshots } }];
    }
    case 'AbandonSnapshots': {
      const { setId } = expectStep(command, step, 'settle-snapshots');
      return [{ type: 'SnapshotAbandoned', data: { setId } }];
    }
    case 'RecordSnapshotsCompleted': {
      const { setId } = expectStep(command, step, 'await-snapshots');
      return [{ type: 'SnapshotCompleted', data: { setId } }];
    }
    case 'RecordWriter': {
      expectStep(command, step, 'register-writer');
      const { repositoryId, format } = command;
      return [{ type: 'WriterRegistered', data: { repositoryId, format } }];
    }
    case 'RecordReadPlan':
      expectStep(command, step, 'plan-read');
      assertCovers(state.snapshotSet?.snapshots, command.volumes);
      return [{ type: 'ReadPlanned', data: { volumes: command.volumes } }];
    case 'RecordWorker': {
      const { attempt } = expectStep(command, step, 'launch-worker');
      assert(attempt === command.attempt, 'the attempt that was launched is the one recorded');
      const { workerId } = command;
      return [{ type: 'WorkerLaunched', data: { attempt, workerId, ...workerMachine(state) } }];
    }
    case 'RecordSpotRefused': {
      const { attempt } = expectStep(command, step, 'launch-worker');
      assert(attempt === command.attempt, 'the attempt that was refused is the one recorded');
      assert(workerMachine(state).market === 'spot', 'only a spot instance is refused as one');
      return [{ type: 'SpotRefused', data: { attempt, problem: command.problem } }];
    }
    case 'RecordAttachments': {
      const { attempt, workerId } = expectStep(command, step, 'attach-volumes');
      const { volumes } = command;
      return [{ type: 'VolumesAttached', data: { attempt, workerId, volumes } }];
    }
    case 'RecordTransfer': {
      const { attempt } = expectStep(command, step, 'transfer-blocks', 'read-directly');
      assertContinues(state, command.progress, attempt);
      return [{ type: 'BlocksTransferred', data: command.progress }];
    }
    case 'RecordWorkerLost': {
      const { attempt, workerId, kind } = expectStep(
        command,
        step,
        'attach-volumes',
        'transfer-blocks',
      );
      const { problem, attemptsMax } = command;
      const lost = { type: 'WorkerLost', data: { attempt, workerId, problem } } as const;
      if (attempt < attemptsMax) return [lost];
      return [lost, { type: 'FailureDetected', data: { step: kind, problem } }];
    }
    case 'BeginDirectRead': {
      const { attempt } = expectStep(command, step, 'read-directly');
      assert(command.attempt === attempt + 1, 'attempts are counted');
      return [{ type: 'DirectReadStarted', data: { attempt: command.attempt } }];
    }
    case 'RecordDirectReadFailed': {
      const { attempt, failures, kind } = expectStep(command, step, 'read-directly');
      const { problem, failuresMax } = command;
      assert(attempt > 0, 'only what was begun fails');
      const failed = { type: 'DirectReadFailed', data: { attempt, problem } } as const;
      if (failures + 1 < failuresMax) return [failed];
      return [failed, { type: 'FailureDetected', data: { step: kind, problem } }];
    }
    case 'RecordPoint': {
      expectStep(command, step, 'commit-point', 'discard-writer');
      const { pointId, committedAt, volumes } = command;
      assert(pointId === state.sessionId, 'a point has the id of its session');
      return [{ type: 'RestorePointCommitted', data: { pointId, committedAt, volumes } }];
    }
    case 'RecordWorkerRemoved': {
      expectStep(command, step, 'remove-worker');
      const { workers, volumes } = command;
      return [{ type: 'WorkerRemoved', data: { workers, volumes } }];
    }
    case 'RecordWriterClosed': {
      const { kind } = expectStep(command, step, 'close-writer', 'discard-writer');
      const result = kind === 'close-writer' ? 'committed' : 'discarded';
      return [{ type: 'WriterClosed', data: { result } }];
    }
    case 'RequestReplica': {
      const { target } = expectStep(command, step, 'request-replica');
      return [{ type: 'ReplicaRequested', data: { replicaSetId: command.replicaSetId, target } }];
    }
    case 'RecordReplicaStarted': {
      const { replicaSetId, target, snapshotIds } = expectStep(command, step, 'start-replica');
      const { snapshots } = command;
      assertCopies(snapshotIds, snapshots);
      return [{ type: 'ReplicaStarted', data: { replicaSetId, target, snapshots } }];
    }
    case 'RecordReplicated': {
      const { replicaSetId, target } = expectStep(command, step, 'await-replica');
      const { completedAt, stillShared } = command;
      return [{ type: 'Replicated', data: { replicaSetId, target, completedAt, stillShared } }];
    }
    case 'RecordReplicaFailed': {
      const { replicaSetId, target } = expectStep(
        command,
        step,
        'start-replica',
        'await-replica',
        'abandon-replica',
      );
      const { problem, copies, stillShared } = command;
      const data = { replicaSetId, target, problem, copies, stillShared };
      return [{ type: 'ReplicaFailed', data }];
    }
    case 'DecideRetention':
    case 'ExpirePoints':
    case 'RecordRemovalsCleared':
    case 'RecordSnapshotRemoved':
    case 'RecordSnapshotNotRemoved':
    case 'RecordReplicaRemoved':
    case 'RecordReplicaNotRemoved':
    case 'RecordPointRemoved':
    case 'RecordPointNotRemoved':
      return decideRetention(command, step, state);
    case 'RecordFailure':
      if (!canBeGivenUp(state))
        throw illegalTransition(command, 'it is past the place where it can fail');
      return [{ type: 'FailureDetected', data: { step: command.step, problem: command.problem } }];
    case 'EndSession':
      expectStep(command, step, 'end-session');
      return [ended(state, command.now)];
    default:
      return unreachable(command);
  }
}

function assertCopies(
  sources: readonly SnapshotId[],
  copies: readonly { readonly sourceSnapshotId: SnapshotId }[],
): void {
  const copied = new Set(copies.map(({ sourceSnapshotId }) => sourceSnapshotId));
  assert(
    copies.length === sources.length && sources.every((snapshotId) => copied.has(snapshotId)),
    'exactly the snapshots of the set are copied, each once',
  );
}

/** Cancelling is a wish: after the commit, or when the session is ending anyway, it changes nothing. */
function cancel(state: StartedBackup, reason: string): readonly BackupSessionEvent[] {
  if (!canBeGivenUp(state)) return [];
  return [{ type: 'CancellationRequested', data: { reason } }];
}

function ended(state: StartedBackup, endedAt: TimestampMs): BackupSessionEvent {
  const { ending, warnings } = state;
  if (ending === null) {
    const outcome = warnings.length === 0 ? 'succeeded' : 'warning';
    return { type: 'SessionCompleted', data: { outcome, warnings, endedAt } };
  }
  return ending.outcome === 'failed'
    ? { type: 'SessionFailed', data: { problem: ending.problem, endedAt } }
    : { type: 'SessionCancelled', data: { reason: ending.reason, endedAt } };
}

/** Nothing that is to be backed up may be left out silently on the way. */
function assertCovers(
  wanted: readonly { readonly volumeId: VolumeId }[] | undefined,
  given: readonly { readonly volumeId: VolumeId }[],
): void {
  const volumes = new Set(given.map(({ volumeId }) => volumeId));
  assert(wanted !== undefined, 'what is to be covered is known');
  assert(volumes.size === given.length, 'a volume is named once');
  assert(
    wanted.length === volumes.size && wanted.every(({ volumeId }) => volumes.has(volumeId)),
    'exactly the volumes that are to be backed up are named',
  );
}

function assertContinues(
  state: StartedBackup,
  progress: Extract<RunningCommand, { type: 'RecordTransfer' }>['progress'],
  attempt: number,
): void {
  const transfer = state.transfers.find(({ volumeId }) => volumeId === progress.volumeId);
  assert(transfer !== undefined, 'only planned volumes are transferred');
  assert(progress.attempt === attempt, 'only the present attempt makes progress');
  const last = transfer.segments.at(-1);
  const nextSegment = last?.attempt === attempt ? last.endSegment : 0;
  assert(progress.firstSegment === nextSegment, 'progress goes on where the last one ended');
  assert(progress.endSegment > progress.firstSegment, 'progress has at least one segment');
  assert(progress.endPlanned > transfer.endPlanned, 'progress goes forwards');
  assert(progress.endPlanned <= transfer.plannedBlocks, 'progress ends within the plan');
}
