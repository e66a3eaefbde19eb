import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { BackupSessionEvent, SessionStarted, TransferredBlocks } from './backup-events.ts';
import type {
  BackupSession,
  StartedBackup,
  TransferredRun,
  VolumeTransfer,
  WriterState,
} from './backup-session.ts';
import { addCounts, noCounts } from './transfer-counts.ts';

/** The state after one more event. Pure: decides nothing, recomputes nothing. */
export function evolveBackup(state: BackupSession, event: BackupSessionEvent): BackupSession {
  if (event.type === 'SessionStarted') return started(event);
  assert(state.status !== 'not-started', 'a session begins with SessionStarted');
  return { ...state, ...change(state, event) };
}

function started({ data }: SessionStarted): StartedBackup {
  const { sessionId, instanceId, scope, policy, startedAt, pointKind = 'incremental' } = data;
  return {
    status: 'running',
    sessionId,
    instanceId,
    scope,
    pointKind,
    policy,
    startedAt,
    endedAt: null,
    ending: null,
    instance: null,
    snapshotSet: null,
    writer: { state: 'none' },
    readPlan: null,
    worker: { state: 'none', attemptsUsed: 0 },
    transfers: [],
    point: null,
    retention: null,
    removedSets: [],
    unremovedSets: [],
    warnings: [],
  };
}

function change(
  state: StartedBackup,
  event: Exclude<BackupSessionEvent, SessionStarted>,
): Partial<StartedBackup> {
  const { type, data } = event;
  switch (type) {
    case 'InstanceInspected':
      return { instance: data };
    case 'SnapshotRequested':
      return {
        snapshotSet: { setId: data.setId, state: 'requested', takenAt: null, snapshots: [] },
      };
    case 'SnapshotTaken':
      return { snapshotSet: { ...data, state: 'taken' } };
    case 'SnapshotCompleted':
      return {
        snapshotSet: withSetState(state, 'completed'),
        // Registering the writer is what comes next.
        writer: { state: state.scope === 'image-level' ? 'possible' : 'none' },
      };
    case 'SnapshotAbandoned':
      return { snapshotSet: withSetState(state, 'abandoned') };
    case 'WriterRegistered':
      return { writer: { state: 'registered', ...data } };
    case 'ReadPlanned':
      return {
        readPlan: data.volumes,
        transfers: data.volumes.map(untouched),
        worker: {
          state: data.volumes.some(({ plannedBlocks }) => plannedBlocks > 0) ? 'possible' : 'none',
          attemptsUsed: 0,
        },
      };
    case 'WorkerLaunched':
      return {
        worker: {
          state: 'launched',
          attemptsUsed: data.attempt,
          workerId: data.workerId,
          volumes: [],
        },
      };
    case 'VolumesAttached':
      return {
        worker: {
          state: 'attached',
          attemptsUsed: data.attempt,
          workerId: data.workerId,
          volumes: data.volumes,
        },
      };
    case 'BlocksTransferred':
      return {
        transfers: state.transfers.map((transfer) =>
          transfer.volumeId === data.volumeId ? withProgress(transfer, data) : transfer,
        ),
      };
    case 'WorkerLost':
      return {
        worker: {
          state: 'lost',
          attemptsUsed: data.attempt,
          workerId: data.workerId,
          volumes: 'volumes' in state.worker ? state.worker.volumes : [],
        },
      };
    case 'RestorePointCommitted':
      // A commit that turns out to have happened is stronger than a failure or a cancellation.
      return { point: data, ending: null };
    case 'WorkerRemoved':
      return {
        worker: {
          state: state.ending === null && state.point === null ? 'possible' : 'none',
          attemptsUsed: state.worker.attemptsUsed,
        },
      };
    case 'WriterClosed':
      return { writer: closed(state.writer) };
    case 'RetentionDecided':
      return { retention: data };
    case 'SnapshotRemoved':
      return { removedSets: [...state.removedSets, data.setId] };
    case 'SnapshotRemovalFailed':
      return {
        unremovedSets: [...state.unremovedSets, data.setId],
        warnings: [...state.warnings, data.problem],
      };
    case 'FailureDetected':
      return { ending: { outcome: 'failed', problem: data.problem } };
    case 'CancellationRequested':
      return { ending: { outcome: 'cancelled', reason: data.reason } };
    case 'SessionCompleted':
      return { status: data.outcome, endedAt: data.endedAt };
    case 'SessionFailed':
      return { status: 'failed', endedAt: data.endedAt };
    case 'SessionCancelled':
      return { status: 'cancelled', endedAt: data.endedAt };
    default:
      return unreachable(event);
  }
}

function withSetState(
  { snapshotSet }: StartedBackup,
  setState: 'completed' | 'abandoned',
): NonNullable<StartedBackup['snapshotSet']> {
  assert(snapshotSet !== null, 'a snapshot set was requested before');
  return { ...snapshotSet, state: setState };
}

function closed(writer: WriterState): WriterState {
  assert(writer.state !== 'none', 'only a writer that there may be is closed');
  return writer.state === 'possible' ? { state: 'none' } : { ...writer, state: 'closed' };
}

function untouched(volume: {
  readonly volumeId: VolumeTransfer['volumeId'];
  readonly plannedBlocks: number;
}): VolumeTransfer {
  return {
    volumeId: volume.volumeId,
    plannedBlocks: volume.plannedBlocks,
    endPlanned: 0,
    segments: [],
    ...noCounts,
  };
}

function withProgress(transfer: VolumeTransfer, more: TransferredBlocks): VolumeTransfer {
  return {
    ...transfer,
    endPlanned: more.endPlanned,
    segments: withRun(transfer.segments, more),
    ...addCounts(transfer, more),
  };
}

/** Runs of one attempt that follow each other are one run, so that the state stays small. */
function withRun(runs: readonly TransferredRun[], more: TransferredRun): readonly TransferredRun[] {
  const { attempt, firstSegment, endSegment } = more;
  const last = runs.at(-1);
  if (last?.attempt === attempt && last.endSegment === firstSegment) {
    return [...runs.slice(0, -1), { attempt, firstSegment: last.firstSegment, endSegment }];
  }
  return [...runs, { attempt, firstSegment, endSegment }];
}
