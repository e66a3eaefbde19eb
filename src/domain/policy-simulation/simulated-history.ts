import type { SessionId, VolumeId } from '../identifiers.ts';
import { initialInstance } from '../instance/instance-state.ts';
import type { ReplicaTarget } from '../policy/replica-target.ts';
import { withImaginedSession } from '../retention/imagined-session.ts';
import { type InstanceHistory, instanceHistory } from '../retention/instance-history.ts';
import { isSameItem, type ItemRef } from '../retention/retention-plan.ts';
import type { SimulatedSession } from './simulated-session.ts';

/** Of an instance that was never backed up. */
export const emptyHistory: InstanceHistory = instanceHistory([], initialInstance);

const volumeIds: ReadonlySet<VolumeId> = new Set(['vol-simulated' as VolumeId]);

/**
 * The history after one more session. One that failed made all that it was to make but its point:
 * its copies were begun before anything was read, and were waited for.
 */
export function withSession(
  history: InstanceHistory,
  { number, startedAt, scope, outcome }: SimulatedSession,
  targets: readonly ReplicaTarget[],
): { readonly history: InstanceHistory; readonly sessionId: SessionId } {
  return withImaginedSession(history, {
    name: `simulated-${number}`,
    order: number,
    at: startedAt,
    volumeIds,
    targets,
    point: scope === 'image-level' && outcome !== 'failed' ? 'committed' : 'none',
  });
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
