import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { ReplicaSetId } from '../identifiers.ts';
import { planOf } from '../retention/recorded-plan.ts';
import type { AdoptedItems } from './adoption-events.ts';
import type { BackupSessionEvent, SessionStarted, TransferredBlocks } from './backup-events.ts';
import type {
  BackupSession,
  RemovedItems,
  ReplicaProgress,
  StartedBackup,
  TransferredRun,
  VolumeTransfer,
  WriterState,
} from './backup-session.ts';
import { workingPolicy } from './working-policy.ts';
import { addCounts, noCounts } from './transfer-counts.ts';

/** The state after one more event. Pure: decides nothing, recomputes nothing. */
export function evolveBackup(state: BackupSession, event: BackupSessionEvent): BackupSession {
  if (event.type === 'SessionStarted') return started(event);
  assert(state.status !== 'not-started', 'a session begins with SessionStarted');
  return { ...state, ...change(state, event) };
}

function started({ data }: SessionStarted): StartedBackup {
  return {
    ...data,
    status: 'running',
    endedAt: null,
    ending: null,
    instance: null,
    snapshotSet: null,
    writer: { state: 'none' },
    readPlan: null,
    worker: { state: 'none', attemptsUsed: 0 },
    spotRefused: null,
    transfers: [],
    point: null,
    replicas: [],
    retention: null,
    expiredPoints: [],
    withheld: null,
    removed: nothing,
    unremoved: nothing,
    adopted: nothingAdopted,
    warnings: [],
  };
}

const nothing: RemovedItems = { sets: [], replicas: [], points: [] };
const nothingAdopted: AdoptedItems = { sets: [], replicas: [] };

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
      return {
        writer: { state: 'registered', ...data },
        // It may be launched while reading is planned, before it is known what is to be read.
        worker: workerBeforePlan(state),
      };
    case 'ReadPlanned':
      return {
        readPlan: data.volumes,
        transfers: data.volumes.map(untouched),
        worker: firstReader(state, data.volumes),
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
    case 'SpotRefused':
      return { spotRefused: data.problem };
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
        ...(state.worker.state === 'direct' ? { worker: { ...state.worker, failures: 0 } } : {}),
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
    case 'DirectReadStarted':
      return { worker: { ...directReader(state), attemptsUsed: data.attempt } };
    case 'DirectReadFailed': {
      const reader = directReader(state);
      return {
        worker: { ...reader, attemptsUsed: data.attempt, failures: reader.failures + 1 },
      };
    }
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
    case 'ReplicaRequested': {
      const fresh = { ...data, state: 'requested', snapshots: [], completedAt: null } as const;
      return { replicas: [...state.replicas, fresh] };
    }
    case 'ReplicaStarted': {
      const { replicaSetId, snapshots } = data;
      return { replicas: withReplica(state, replicaSetId, { state: 'started', snapshots }) };
    }
    case 'Replicated': {
      const { replicaSetId, completedAt, stillShared } = data;
      return {
        replicas: withReplica(state, replicaSetId, { state: 'completed', completedAt }),
        warnings: stillShared === null ? state.warnings : [...state.warnings, stillShared],
      };
    }
    case 'ReplicaFailed': {
      const { replicaSetId, copies, problem, stillShared } = data;
      const failed = copies === 'none' ? 'failed' : 'torn';
      return {
        replicas: withReplica(state, replicaSetId, { state: failed }),
        warnings: [...state.warnings, problem, ...(stillShared === null ? [] : [stillShared])],
      };
    }
    case 'RetentionDecided':
      return { retention: planOf(data) };
    case 'RestorePointExpired':
      return { expiredPoints: [...state.expiredPoints, data.pointId] };
    case 'RemovalsCleared':
      return { withheld: data.withheld };
    case 'SnapshotRemoved': {
      const { removed } = state;
      return { removed: { ...removed, sets: [...removed.sets, data.setId] } };
    }
    case 'SnapshotRemovalFailed': {
      const { unremoved, warnings } = state;
      return {
        unremoved: { ...unremoved, sets: [...unremoved.sets, data.setId] },
        warnings: [...warnings, data.problem],
      };
    }
    case 'ReplicaRemoved': {
      const { removed } = state;
      return { removed: { ...removed, replicas: [...removed.replicas, data.replicaSetId] } };
    }
    case 'ReplicaRemovalFailed': {
      const { unremoved, warnings } = state;
      return {
        unremoved: { ...unremoved, replicas: [...unremoved.replicas, data.replicaSetId] },
        warnings: [...warnings, data.problem],
      };
    }
    case 'RestorePointRemoved': {
      const { removed } = state;
      return { removed: { ...removed, points: [...removed.points, data.pointId] } };
    }
    case 'RestorePointRemovalFailed': {
      const { unremoved, warnings } = state;
      return {
        unremoved: { ...unremoved, points: [...unremoved.points, data.pointId] },
        warnings: [...warnings, data.problem],
      };
    }
    case 'SnapshotSetAdopted': {
      const { adopted } = state;
      return { adopted: { ...adopted, sets: [...adopted.sets, data] } };
    }
    case 'ReplicaAdopted': {
      const { adopted } = state;
      return { adopted: { ...adopted, replicas: [...adopted.replicas, data] } };
    }
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

function withReplica(
  { replicas }: StartedBackup,
  replicaSetId: ReplicaSetId,
  change: Partial<ReplicaProgress>,
): readonly ReplicaProgress[] {
  return replicas.map((replica) =>
    replica.replicaSetId === replicaSetId ? { ...replica, ...change } : replica,
  );
}

function closed(writer: WriterState): WriterState {
  assert(writer.state !== 'none', 'only a writer that there may be is closed');
  return writer.state === 'possible' ? { state: 'none' } : { ...writer, state: 'closed' };
}

function workerBeforePlan(state: StartedBackup): StartedBackup['worker'] {
  const { transport } = workingPolicy(state).image;
  return { state: transport === 'worker' ? 'possible' : 'none', attemptsUsed: 0 };
}

/** Who reads what is planned, before anybody has begun. */
function firstReader(
  state: StartedBackup,
  volumes: readonly { readonly plannedBlocks: number }[],
): StartedBackup['worker'] {
  if (volumes.every(({ plannedBlocks }) => plannedBlocks === 0)) {
    return { state: 'none', attemptsUsed: 0 };
  }
  switch (workingPolicy(state).image.transport) {
    case 'worker':
      return { state: 'possible', attemptsUsed: 0 };
    case 'direct':
      return { state: 'direct', attemptsUsed: 0, failures: 0 };
  }
}

type DirectReader = Extract<StartedBackup['worker'], { readonly state: 'direct' }>;

function directReader({ worker }: StartedBackup): DirectReader {
  assert(
    worker.state === 'direct',
    'only a session that reads directly begins to, and fails at it',
  );
  return worker;
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
