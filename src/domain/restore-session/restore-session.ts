import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { Problem } from '../backup-session/backup-events.ts';
import type {
  EngineId,
  InstanceId,
  PointId,
  SessionId,
  TimestampMs,
  VolumeId,
} from '../identifiers.ts';
import type { RestoredVolume, RestoreSessionEvent } from './restore-events.ts';

/** The state of a restore: a fold over its events. */
export type RestoreSession = { readonly status: 'not-started' } | StartedRestore;

export interface StartedRestore {
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly sessionId: SessionId;
  readonly instanceId: InstanceId;
  readonly pointId: PointId;
  readonly engineId: EngineId;
  readonly volumeIds: readonly VolumeId[];
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  /** `cloud-volumes`: what it has made may be there although no event tells of it. */
  readonly makes: 'images' | 'cloud-volumes';
  readonly restored: readonly RestoredVolume[];
  readonly problem: Problem | null;
}

export const initialRestoreSession: RestoreSession = { status: 'not-started' };

/** The state after one more event. */
export function evolveRestore(state: RestoreSession, event: RestoreSessionEvent): RestoreSession {
  if (event.type === 'RestoreStarted') {
    const { sessionId, instanceId, pointId, engineId, volumeIds, startedAt } = event.data;
    return {
      status: 'running',
      sessionId,
      instanceId,
      pointId,
      engineId,
      volumeIds,
      startedAt,
      endedAt: null,
      makes: 'images',
      restored: [],
      problem: null,
    };
  }
  assert(state.status !== 'not-started', 'a restore begins with RestoreStarted');
  switch (event.type) {
    case 'RestoreVolumeRequested':
      return { ...state, makes: 'cloud-volumes' };
    case 'VolumeRestored':
      return { ...state, restored: [...state.restored, event.data] };
    case 'RestoreCompleted':
      return { ...state, status: 'succeeded', endedAt: event.data.endedAt };
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
