import type {
  DeviceName,
  ReplicaSetId,
  SessionId,
  SnapshotId,
  SnapshotSetId,
  VolumeId,
} from '../identifiers.ts';
import { initialInstance } from '../instance/instance-state.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import { type InstanceHistory, instanceHistory } from '../retention/instance-history.ts';
import { isSameItem, type ItemRef } from '../retention/retention-plan.ts';
import type { SimulatedSession } from './simulated-session.ts';

/** Of an instance that was never backed up. */
export const emptyHistory: InstanceHistory = instanceHistory([], initialInstance);

const volumeId = 'vol-simulated' as VolumeId;
const device = '/dev/xvda' as DeviceName;
const sizeBytes = 8 * 1024 ** 3;

/**
 * The history after one more session. One that failed made all that it was to make but its point:
 * its copies were begun before anything was read, and were waited for.
 */
export function withSession(
  history: InstanceHistory,
  { number, startedAt, scope, outcome }: SimulatedSession,
  targets: readonly ReplicaTarget[],
): { readonly history: InstanceHistory; readonly sessionId: SessionId } {
  const sessionId = `simulated-${number}` as SessionId;
  const setId = `set-${number}` as SnapshotSetId;
  const snapshotId = `snap-${number}` as SnapshotId;
  const common = {
    sessionId,
    order: number,
    takenAt: startedAt,
    condition: 'complete',
    origin: 'policy',
    expiresAt: null,
    usedBy: [],
  } as const;
  const set = {
    ...common,
    id: setId,
    snapshots: [{ snapshotId, volumeId, device, sizeBytes }],
    pendingCopies: [],
  };
  const replicas = targets.map((target, index) => ({
    ...common,
    id: `replica-${number}-${index}` as ReplicaSetId,
    target,
    setId,
    snapshots: [
      {
        snapshotId: `copy-${number}-${index}` as SnapshotId,
        sourceSnapshotId: snapshotId,
        volumeId,
      },
    ],
  }));
  const withCopies: InstanceHistory = {
    ...history,
    sets: [...history.sets, set],
    replicas: [...history.replicas, ...replicas],
    volumeIds: new Set([volumeId]),
  };
  if (scope === 'snapshot-only' || outcome === 'failed') return { history: withCopies, sessionId };
  const parent = history.imageLevel.at(-1);
  const point = {
    ...common,
    id: sessionId,
    setId,
    committedAt: startedAt,
    volumeIds: [volumeId],
    parents: parent === undefined ? [] : [parent.pointId],
    repositoryId: null,
    expired: null,
  };
  const image = { sessionId, pointId: sessionId, setId };
  return {
    history: {
      ...withCopies,
      points: [...history.points, point],
      imageLevel: [...history.imageLevel, image],
    },
    sessionId,
  };
}

/** The history without what a plan removes. */
export function withoutItems(
  history: InstanceHistory,
  removals: readonly ItemRef[],
): InstanceHistory {
  const stays = (item: ItemRef): boolean => !removals.some((one) => isSameItem(one, item));
  return {
    ...history,
    sets: history.sets.filter(({ id }) => stays({ kind: 'snapshot-set', id })),
    replicas: history.replicas.filter(({ id }) => stays({ kind: 'replica', id })),
    points: history.points.filter(({ id }) => stays({ kind: 'restore-point', id })),
  };
}
