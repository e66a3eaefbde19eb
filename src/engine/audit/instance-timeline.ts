import type { Problem } from '../../domain/backup-session/backup-events.ts';
import type { InstanceId, SessionId, TimestampMs } from '../../domain/identifiers.ts';
import type { KeepReason, RemoveReason } from '../../domain/retention/retention-reasons.ts';
import type { ItemRef } from '../../domain/retention/retention-plan.ts';
import { planOf } from '../../domain/retention/recorded-plan.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';
import { type AnySessionEvent, sessionCatalogue } from '../session/session-reader.ts';

/** One thing that happened to something of an instance. */
export interface TimelineEntry {
  readonly recordedAt: TimestampMs;
  readonly sessionId: SessionId;
  /** Of the event that says so. */
  readonly revision: number;
  readonly actor: string;
  readonly subject: TimelineSubject;
  /** The id of the session, snapshot set, replica or restore point. */
  readonly id: string;
  readonly what: TimelineChange;
  readonly reasons: readonly TimelineReason[];
}

export type TimelineSubject = 'session' | 'snapshot-set' | 'replica' | 'restore-point';

export type TimelineChange =
  | 'began'
  | 'succeeded'
  | 'succeeded-with-warnings'
  | 'failed'
  | 'cancelled'
  | 'requested'
  | 'taken'
  | 'completed'
  | 'abandoned'
  | 'started'
  | 'committed'
  | 'restored'
  | 'kept'
  | 'to-be-removed'
  | 'expired'
  | 'removed'
  | 'not-removed';

export type TimelineReason =
  | { readonly kind: 'keep'; readonly reason: KeepReason }
  | { readonly kind: 'remove'; readonly reason: RemoveReason }
  | { readonly kind: 'problem'; readonly problem: Problem };

interface Told {
  readonly subject: TimelineSubject;
  readonly id: string;
  readonly what: TimelineChange;
  readonly reasons?: readonly TimelineReason[];
}

/** What the events of a session tell of snapshots and points; most tell nothing. */
type Tellers = {
  readonly [Event in AnySessionEvent as Event['type']]?: (
    data: Event['data'],
    sessionId: SessionId,
  ) => readonly Told[];
};

const tellers: Tellers = {
  SessionStarted: (_, id) => [ofSession(id, 'began')],
  SnapshotRequested: ({ setId }) => [ofSet(setId, 'requested')],
  SnapshotTaken: ({ setId }) => [ofSet(setId, 'taken')],
  SnapshotCompleted: ({ setId }) => [ofSet(setId, 'completed')],
  SnapshotAbandoned: ({ setId }) => [ofSet(setId, 'abandoned')],
  ReplicaRequested: ({ replicaSetId }) => [ofReplica(replicaSetId, 'requested')],
  ReplicaStarted: ({ replicaSetId }) => [ofReplica(replicaSetId, 'started')],
  Replicated: ({ replicaSetId }) => [ofReplica(replicaSetId, 'completed')],
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
    ofSession(
      id,
      outcome === 'succeeded' ? 'succeeded' : 'succeeded-with-warnings',
      warnings.map((problem) => ({ kind: 'problem', problem })),
    ),
  ],
  SessionFailed: ({ problem }, id) => [ofSession(id, 'failed', [{ kind: 'problem', problem }])],
  SessionCancelled: ({ reason }, id) => [ofSession(id, 'cancelled', [cancelled(reason)])],
  RestoreStarted: (_, id) => [ofSession(id, 'began')],
  RestoreCompleted: (_, id) => [ofSession(id, 'succeeded')],
  RestoreFailed: ({ problem }, id) => [ofSession(id, 'failed', [{ kind: 'problem', problem }])],
  RestoreCancelled: ({ reason }, id) => [ofSession(id, 'cancelled', [cancelled(reason)])],
};

/**
 * Everything that the sessions of an instance tell, in the order in which it was recorded.
 *
 * @throws UNKNOWN_EVENT, LEDGER_CORRUPT for a session that cannot be read, unless it is known to be of another instance
 */
export async function instanceTimeline(
  ledger: Ledger,
  instanceId: InstanceId,
): Promise<readonly TimelineEntry[]> {
  const ofInstance = new Map<string, SessionId>();
  const ofOthers = new Set<string>();
  const restoredItems = new Map<string, ItemRef>();
  const timeline: TimelineEntry[] = [];
  const entries = ledger.readableEntriesOfAll<AnySessionEvent>(
    streamPrefixes.session,
    sessionCatalogue,
    { sensitive: 'left' },
  );
  for await (const entry of entries) {
    if (entry.kind === 'unreadable') {
      if (ofOthers.has(entry.stream)) continue;
      throw entry.error;
    }
    const { event, record } = entry;
    const { data } = event;
    if ('instanceId' in data && 'sessionId' in data && data.instanceId === instanceId) {
      ofInstance.set(record.stream, data.sessionId);
    }
    const sessionId = ofInstance.get(record.stream);
    if (sessionId === undefined) {
      ofOthers.add(record.stream);
      continue;
    }
    if (event.type === 'RestoreStarted') restoredItems.set(sessionId, event.data.source);
    const restored = event.type === 'RestoreCompleted' ? restoredItems.get(sessionId) : undefined;
    const told = [
      ...tell(event, sessionId),
      ...(restored === undefined
        ? []
        : [{ subject: restored.kind, id: restored.id, what: 'restored' } as const]),
    ];
    const { revision, metadata } = record;
    const { recordedAt, actor } = metadata;
    for (const { reasons = [], ...one } of told) {
      timeline.push({ recordedAt, sessionId, revision, actor, ...one, reasons });
    }
  }
  return timeline;
}

function tell({ type, data }: AnySessionEvent, sessionId: SessionId): readonly Told[] {
  // The table pairs each type with its data; the compiler cannot follow that through a look-up.
  const teller = tellers[type] as
    ((data: AnySessionEvent['data'], sessionId: SessionId) => readonly Told[]) | undefined;
  return teller?.(data, sessionId) ?? [];
}

function ofSession(
  id: SessionId,
  what: TimelineChange,
  reasons: readonly TimelineReason[] = [],
): Told {
  return { subject: 'session', id, what, reasons };
}

function ofSet(id: string, what: TimelineChange, reasons: readonly TimelineReason[] = []): Told {
  return { subject: 'snapshot-set', id, what, reasons };
}

function ofReplica(
  id: string,
  what: TimelineChange,
  reasons: readonly TimelineReason[] = [],
): Told {
  return { subject: 'replica', id, what, reasons };
}

function ofPoint(id: string, what: TimelineChange, reasons: readonly TimelineReason[] = []): Told {
  return { subject: 'restore-point', id, what, reasons };
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
