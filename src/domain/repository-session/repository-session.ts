import type { Problem } from '../backup-session/backup-events.ts';
import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { EngineId, InstanceId, RepositoryId, SessionId, TimestampMs } from '../identifiers.ts';
import type {
  CollectionPlanned,
  DamageFound,
  DamageHealed,
  DamageLeft,
  DataMoved,
  MergePlanned,
  ObjectsVerified,
  PointMerged,
  PointsMarked,
  RepairPlanned,
  RepackPlanned,
  RepositorySessionEvent,
  StoredData,
  VerificationCovered,
} from './repository-events.ts';
import type { RepositoryWork } from './repository-work.ts';

/** The state of the maintenance of a repository: a fold over its events. */
export type RepositorySession = { readonly status: 'not-started' } | StartedRepositorySession;

export interface StartedRepositorySession {
  readonly status: 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly sessionId: SessionId;
  readonly repositoryId: RepositoryId;
  readonly work: RepositoryWork;
  readonly instanceId: InstanceId | null;
  readonly engineId: EngineId;
  readonly startedAt: TimestampMs;
  readonly endedAt: TimestampMs | null;
  readonly plan: CollectionPlanned['data'] | null;
  readonly writersEnded: readonly SessionId[];
  readonly condemned: StoredData;
  readonly removed: StoredData;
  readonly repackPlan: RepackPlanned['data'] | null;
  readonly moved: DataMoved['data'] | null;
  readonly mergePlan: MergePlanned['data'] | null;
  readonly merged: readonly PointMerged['data'][];
  readonly damage: readonly DamageFound['data'][];
  readonly verified: readonly ObjectsVerified['data'][];
  readonly covered: VerificationCovered['data'] | null;
  readonly repairPlan: RepairPlanned['data'] | null;
  readonly healed: DamageHealed['data'] | null;
  readonly damageLeft: readonly DamageLeft['data'][];
  readonly marked: readonly PointsMarked['data'][];
  readonly problem: Problem | null;
}

export const initialRepositorySession: RepositorySession = { status: 'not-started' };

const nothing: StoredData = { objects: 0, bytes: 0 };

/** The state after one more event. */
export function evolveRepositorySession(
  state: RepositorySession,
  event: RepositorySessionEvent,
): RepositorySession {
  if (event.type === 'RepositorySessionStarted') {
    const { sessionId, repositoryId, work, instanceId, engineId, startedAt } = event.data;
    return {
      status: 'running',
      sessionId,
      repositoryId,
      work,
      instanceId,
      engineId,
      startedAt,
      endedAt: null,
      plan: null,
      writersEnded: [],
      condemned: nothing,
      removed: nothing,
      repackPlan: null,
      moved: null,
      mergePlan: null,
      merged: [],
      damage: [],
      verified: [],
      covered: null,
      repairPlan: null,
      healed: null,
      damageLeft: [],
      marked: [],
      problem: null,
    };
  }
  assert(state.status !== 'not-started', 'it begins with RepositorySessionStarted');
  switch (event.type) {
    case 'WriterEnded':
      return { ...state, writersEnded: [...state.writersEnded, event.data.writerId] };
    case 'CollectionPlanned':
      return { ...state, plan: event.data };
    case 'DataCondemned':
      return { ...state, condemned: sum(state.condemned, event.data) };
    case 'DataRemoved':
      return { ...state, removed: sum(state.removed, event.data) };
    case 'RepackPlanned':
      return { ...state, repackPlan: event.data };
    case 'DataMoved':
      return { ...state, moved: event.data };
    case 'MergePlanned':
      return { ...state, mergePlan: event.data };
    case 'PointMerged':
      return { ...state, merged: [...state.merged, event.data] };
    case 'DamageFound':
      return { ...state, damage: [...state.damage, event.data] };
    case 'ObjectsVerified':
      return { ...state, verified: [...state.verified, event.data] };
    case 'VerificationCovered':
      return { ...state, covered: event.data };
    case 'RepairPlanned':
      return { ...state, repairPlan: event.data };
    case 'DamageHealed':
      return { ...state, healed: event.data };
    case 'DamageLeft':
      return { ...state, damageLeft: [...state.damageLeft, event.data] };
    case 'PointsMarked':
      return { ...state, marked: [...state.marked, event.data] };
    case 'RepositorySessionCompleted':
      return { ...state, status: 'succeeded', endedAt: event.data.endedAt };
    case 'RepositorySessionFailed':
      return { ...state, status: 'failed', ...event.data };
    case 'RepositorySessionCancelled':
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

function sum(one: StoredData, other: StoredData): StoredData {
  return { objects: one.objects + other.objects, bytes: one.bytes + other.bytes };
}
