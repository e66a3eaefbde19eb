import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { Problem } from '../backup-session/backup-events.ts';
import type {
  DeviceName,
  EngineId,
  InstanceId,
  Region,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import type { RestoredVolume, RestoreSessionEvent } from './restore-events.ts';
import type { VolumeExchange } from './volume-exchange.ts';

/** The state of a restore: a fold over its events. */
export type RestoreSession = { readonly status: 'not-started' } | StartedRestore;

export interface StartedRestore {
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  readonly source: ItemRef;
  readonly engineId: EngineId;
  readonly volumeIds: readonly VolumeId[];
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  readonly makes: RestoreMakes;
  /** The id of the instance that it has launched, once it runs. */
  readonly launched: string | null;
  readonly restored: readonly RestoredVolume[];
  /** Of a restore to the original place, once its new volumes are there. */
  readonly exchange: RunningExchange | null;
  /** What it takes away of another restore, to the original place, that is confirmed. */
  readonly confirmation: Confirmation | null;
  readonly problem: Problem | null;
  /** What it has left behind, and why; it is whole nevertheless. */
  readonly warnings: readonly Problem[];
}

export type RestoreMakes =
  | { readonly kind: 'images' }
  /** What it has made in the region may be there although no event tells of it. */
  | { readonly kind: 'volumes' | 'instance' | 'original'; readonly region: Region };

/** An exchange of volumes, and how far it has got. */
export interface RunningExchange extends VolumeExchange {
  readonly direction: 'forward' | 'back';
  /** Why it goes back; null while it goes forward. */
  readonly cause: Problem | null;
  /** Devices at which the volume that is to be there, in this direction, is recorded to be. */
  readonly done: readonly DeviceName[];
  readonly instance: 'as-found' | 'stopped' | 'started';
}

export interface Confirmation {
  readonly region: Region;
  readonly confirms: SessionId;
  readonly kept: readonly VolumeId[];
  readonly removed: readonly VolumeId[];
}

export const initialRestoreSession: RestoreSession = { status: 'not-started' };

/** Whether all that it is to make is recorded, so that it lacks only its end. */
export function isWholeRestore({ makes, launched, volumeIds, restored }: StartedRestore): boolean {
  // Volumes that nothing was exchanged for are not what it was to make.
  if (makes.kind === 'original') return false;
  // Its volumes may be recorded in several appends, before itself.
  if (makes.kind === 'instance' && launched === null) return false;
  return volumeIds.every((id) => restored.some(({ volumeId }) => volumeId === id));
}

/** The state after one more event. */
export function evolveRestore(state: RestoreSession, event: RestoreSessionEvent): RestoreSession {
  if (event.type === 'RestoreStarted') {
    const { sessionId, instanceId, source, engineId, volumeIds, startedAt } = event.data;
    return {
      status: 'running',
      sessionId,
      instanceId,
      source,
      engineId,
      volumeIds,
      startedAt,
      endedAt: null,
      makes: { kind: 'images' },
      launched: null,
      restored: [],
      exchange: null,
      confirmation: null,
      problem: null,
      warnings: [],
    };
  }
  assert(state.status !== 'not-started', 'a restore begins with RestoreStarted');
  switch (event.type) {
    case 'RestoreVolumeRequested':
      if (state.makes.kind === 'original') return state;
      return { ...state, makes: { kind: 'volumes', region: event.data.place.region } };
    case 'RestoreInstanceRequested':
      return { ...state, makes: { kind: 'instance', region: event.data.region } };
    case 'InstanceRestored':
      return { ...state, launched: event.data.resourceId };
    case 'VolumeRestored':
      return { ...state, restored: [...state.restored, event.data] };
    case 'OriginalRestoreRequested':
      return { ...state, makes: { kind: 'original', region: event.data.region } };
    case 'VolumeExchangeRequested': {
      const { region } = event.data;
      return {
        ...state,
        makes: { kind: 'original', region },
        exchange: begunExchange(event.data),
      };
    }
    case 'InstanceStopped':
      return exchanging(state, () => ({ instance: 'stopped' }));
    case 'VolumeExchanged':
    case 'VolumePutBack':
      return exchanging(state, ({ done }) => ({ done: [...done, event.data.device] }));
    case 'PutBackRequested': {
      const cause = event.data.problem;
      return exchanging(state, () => ({ direction: 'back', cause, done: [] }));
    }
    case 'InstanceStarted':
      return exchanging(state, () => ({ instance: 'started' }));
    case 'RestoreTakenOver':
      return { ...state, engineId: event.data.engineId };
    case 'RestoreConfirmed': {
      const { region, confirms, kept } = event.data;
      return { ...state, confirmation: { region, confirms, kept, removed: [] } };
    }
    case 'KeptVolumeRemoved': {
      const { confirmation } = state;
      assert(confirmation !== null, 'a volume that was kept goes once that is confirmed');
      const removed = [...confirmation.removed, event.data.volumeId];
      return { ...state, confirmation: { ...confirmation, removed } };
    }
    case 'RestoreCompleted':
      return { ...state, status: 'succeeded', ...event.data };
    case 'RestoreFailed':
      return { ...state, status: 'failed', ...event.data };
    case 'RestoreCancelled':
      return {
        ...state,
        status: 'cancelled',
        endedAt: event.data.endedAt,
        problem: { code: 'CANCELLED', message: event.data.reason },
      };
    default:
      return unreachable(event);
  }
}

/** An exchange of which nothing is done yet. */
export function begunExchange(exchange: VolumeExchange): RunningExchange {
  return { ...exchange, direction: 'forward', cause: null, done: [], instance: 'as-found' };
}

function exchanging(
  state: StartedRestore,
  change: (exchange: RunningExchange) => Partial<RunningExchange>,
): StartedRestore {
  const { exchange } = state;
  assert(exchange !== null, 'volumes are exchanged once that was announced');
  return { ...state, exchange: { ...exchange, ...change(exchange) } };
}
