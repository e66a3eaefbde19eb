import type { SessionId } from '../../../src/domain/identifiers.ts';
import type { LedgerView } from '../ledger-view.ts';

/**
 * The sessions of which an engine that had been overtaken recorded this type of event before its
 * successor could: then it is the successor whose request was on its way and is recorded by nobody.
 */
export function recordedByOvertaken(
  { backups, claims }: LedgerView,
  type: 'SnapshotTaken' | 'ReplicaStarted',
): ReadonlySet<SessionId> {
  const sessions = backups.filter(({ sessionId, events }) =>
    events.some(({ event, position, actor }) => {
      if (event.type !== type) return false;
      const takenOver = claims.findLast(
        (claim) =>
          claim.event.type === 'SessionTakenOver' &&
          claim.event.data.sessionId === sessionId &&
          claim.position < position,
      );
      return takenOver !== undefined && takenOver.actor !== actor;
    }),
  );
  return new Set(sessions.map(({ sessionId }) => sessionId));
}
