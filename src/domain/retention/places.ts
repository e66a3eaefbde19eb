import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { SessionId, TimestampMs } from '../identifiers.ts';

type PlacedSession = Pick<StartedBackup, 'sessionId' | 'snapshotSet' | 'adopted'>;

/**
 * The places of sessions among those of the instance. One that the ledger knows has that of its claim. One
 * of which only an adopted item tells comes right after the last one whose set was taken no later: a clock
 * that was set back makes it newer than it is, and never older.
 *
 * @param sessions in the order of their claims
 */
export function placesOf(sessions: readonly PlacedSession[]): ReadonlyMap<SessionId, number> {
  const places = new Map(sessions.map(({ sessionId }, place) => [sessionId, place]));
  const lost = lostSessions(sessions, places);
  if (lost.length === 0) return places;
  const taken = sessions.map(({ snapshotSet }) => snapshotSet?.takenAt ?? null);
  const step = 1 / (lost.length + 1);
  for (const [index, { sessionId, takenAt }] of lost.entries()) {
    const before = taken.findLastIndex((time) => time !== null && time <= takenAt);
    places.set(sessionId, before + (index + 1) * step);
  }
  return places;
}

interface LostSession {
  readonly sessionId: SessionId;
  readonly takenAt: TimestampMs;
}

/** Oldest first. */
function lostSessions(
  sessions: readonly PlacedSession[],
  known: ReadonlyMap<SessionId, number>,
): readonly LostSession[] {
  const lost = new Map<SessionId, TimestampMs>();
  for (const { adopted } of sessions) {
    for (const { madeBy, takenAt } of [...adopted.sets, ...adopted.replicas]) {
      if (known.has(madeBy)) continue;
      lost.set(madeBy, Math.min(lost.get(madeBy) ?? takenAt, takenAt) as TimestampMs);
    }
  }
  return [...lost]
    .map(([sessionId, takenAt]) => ({ sessionId, takenAt }))
    .sort((a, b) => a.takenAt - b.takenAt || (a.sessionId < b.sessionId ? -1 : 1));
}
