import type { SessionId } from '../../../domain/identifiers.ts';
import { planOf } from '../../../domain/retention/recorded-plan.ts';
import type { ItemRef } from '../../../domain/retention/retention-plan.ts';
import type { KeepReason, RemoveReason } from '../../../domain/retention/retention-reasons.ts';
import type { AnySessionEvent } from '../../session/session-reader.ts';
import { type TimelineChange, type TimelineReason, type Told, told } from './timeline-entry.ts';

/** What the events of a session tell of snapshots and points; most tell nothing. */
type Tellers = {
  readonly [Event in AnySessionEvent as Event['type']]?: (
    data: Event['data'],
    sessionId: SessionId,
  ) => readonly Told[];
};

const tellers: Tellers = {
  SessionStarted: (_, id) => [told('session', id, 'began')],
  SnapshotRequested: ({ setId }) => [ofSet(setId, 'requested')],
  SnapshotTaken: ({ setId }) => [ofSet(setId, 'taken')],
  SnapshotCompleted: ({ setId }) => [ofSet(setId, 'completed')],
  SnapshotAbandoned: ({ setId }) => [ofSet(setId, 'abandoned')],
  ReplicaRequested: ({ replicaSetId }) => [ofReplica(replicaSetId, 'requested')],
  ReplicaStarted: ({ replicaSetId }) => [ofReplica(replicaSetId, 'started')],
  Replicated: ({ replicaSetId }) => [ofReplica(replicaSetId, 'completed')],
  SnapshotSetAdopted: ({ setId, reason }) => [
    ofSet(setId, 'adopted', [{ kind: 'adoption', because: reason }]),
  ],
  ReplicaAdopted: ({ replicaSetId, reason }) => [
    ofReplica(replicaSetId, 'adopted', [{ kind: 'adoption', because: reason }]),
  ],
  ReplicaFailed: ({ replicaSetId, problem }) => [
    ofReplica(replicaSetId, 'failed', [{ kind: 'problem', problem }]),
  ],
  RestorePointCommitted: ({ pointId }) => [ofPoint(pointId, 'committed')],
  RetentionDecided: (data) => {
    const { snapshots, replicas, points } = planOf(data);
    return [
      ...snapshots.keep.map(({ id, reasons }) => ofSet(id, 'kept', reasons.map(keeps))),
      ...snapshots.remove.map(({ id, reasons }) =>
        ofSet(id, 'to-be-removed', reasons.map(removes)),
      ),
      ...replicas.keep.map(({ id, reasons }) => ofReplica(id, 'kept', reasons.map(keeps))),
      ...replicas.remove.map(({ id, reasons }) =>
        ofReplica(id, 'to-be-removed', reasons.map(removes)),
      ),
      ...points.keep.map(({ id, reasons }) => ofPoint(id, 'kept', reasons.map(keeps))),
    ];
  },
  RestorePointExpired: ({ pointId, reasons }) => [
    ofPoint(pointId, 'expired', reasons.map(removes)),
  ],
  RestorePointRemoved: ({ pointId }) => [ofPoint(pointId, 'removed')],
  RestorePointRemovalFailed: ({ pointId, problem }) => [
    ofPoint(pointId, 'not-removed', [{ kind: 'problem', problem }]),
  ],
  ReplicaRemoved: ({ replicaSetId }) => [ofReplica(replicaSetId, 'removed')],
  ReplicaRemovalFailed: ({ replicaSetId, problem }) => [
    ofReplica(replicaSetId, 'not-removed', [{ kind: 'problem', problem }]),
  ],
  SnapshotRemoved: ({ setId }) => [ofSet(setId, 'removed')],
  SnapshotRemovalFailed: ({ setId, problem }) => [
    ofSet(setId, 'not-removed', [{ kind: 'problem', problem }]),
  ],
  SessionCompleted: ({ outcome, warnings }, id) => [
    told(
      'session',
      id,
      outcome === 'succeeded' ? 'succeeded' : 'succeeded-with-warnings',
      warnings.map((problem) => ({ kind: 'problem', problem })),
    ),
  ],
  SessionFailed: ({ problem }, id) => [
    told('session', id, 'failed', [{ kind: 'problem', problem }]),
  ],
  SessionCancelled: ({ reason }, id) => [told('session', id, 'cancelled', [cancelled(reason)])],
  RestoreStarted: (_, id) => [told('session', id, 'began')],
  RestoreCompleted: (_, id) => [told('session', id, 'succeeded')],
  RestoreFailed: ({ problem }, id) => [
    told('session', id, 'failed', [{ kind: 'problem', problem }]),
  ],
  RestoreCancelled: ({ reason }, id) => [told('session', id, 'cancelled', [cancelled(reason)])],
};

/** What the events of the sessions of one instance tell, in order. */
export class SessionTeller {
  /** What a restore restores is said only at its beginning. */
  readonly #restoredItems = new Map<SessionId, ItemRef>();

  tell(event: AnySessionEvent, sessionId: SessionId): readonly Told[] {
    // The table pairs each type with its data; the compiler cannot follow that through a look-up.
    const teller = tellers[event.type] as
      ((data: AnySessionEvent['data'], sessionId: SessionId) => readonly Told[]) | undefined;
    const ofEvent = teller?.(event.data, sessionId) ?? [];
    if (event.type === 'RestoreStarted') this.#restoredItems.set(sessionId, event.data.source);
    const item = this.#restoredItems.get(sessionId);
    if (event.type !== 'RestoreCompleted' || item === undefined) return ofEvent;
    return [told(item.kind, item.id, 'restored'), ...ofEvent];
  }
}

function ofSet(id: string, what: TimelineChange, reasons: readonly TimelineReason[] = []): Told {
  return told('snapshot-set', id, what, reasons);
}

function ofReplica(
  id: string,
  what: TimelineChange,
  reasons: readonly TimelineReason[] = [],
): Told {
  return told('replica', id, what, reasons);
}

function ofPoint(id: string, what: TimelineChange, reasons: readonly TimelineReason[] = []): Told {
  return told('restore-point', id, what, reasons);
}

function keeps(reason: KeepReason): TimelineReason {
  return { kind: 'keep', reason };
}

function removes(reason: RemoveReason): TimelineReason {
  return { kind: 'remove', reason };
}

function cancelled(reason: string): TimelineReason {
  return { kind: 'problem', problem: { code: 'CANCELLED', message: reason } };
}
