import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { Problem } from '../backup-session/backup-events.ts';
import type {
  EngineId,
  InstanceId,
  Region,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { ItemRef } from '../retention/retention-plan.ts';
import type { RestoredVolume, RestoreSessionEvent } from './restore-events.ts';

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
  readonly problem: Problem | null;
  /** What it has left behind, and why; it is whole nevertheless. */
  readonly warnings: readonly Problem[];
}

export type RestoreMakes =
  | { readonly kind: 'images' }
  /** What it has made in the region may be there although no event tells of it. */
  | { readonly kind: 'volumes' | 'instance'; readonly region: Region };

export const initialRestoreSession: RestoreSession = { status: 'not-started' };

/** Whether all that it is to make is recorded, so that it lacks only its end. */
export function isWholeRestore({ makes, launched, volumeIds, restored }: StartedRestore): boolean {
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
      problem: null,
      warnings: [],
    };
  }
  assert(state.status !== 'not-started', 'a restore begins with RestoreStarted');
  switch (event.type) {
    case 'RestoreVolumeRequested':
      return { ...state, makes: { kind: 'volumes', region: event.data.place.region } };
    case 'RestoreInstanceRequested':
      return { ...state, makes: { kind: 'instance', region: event.data.region } };
    case 'InstanceRestored':
      return { ...state, launched: event.data.resourceId };
    case 'VolumeRestored':
      return { ...state, restored: [...state.restored, event.data] };
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
