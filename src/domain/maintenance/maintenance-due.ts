import type { StartedBackup } from '../backup-session/backup-session.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { BackupPolicy } from '../policy/backup-policy.ts';
import type { Occurrences } from '../policy/occurrences.ts';
import { firstOpen } from '../policy/start-window.ts';
import { maintenanceLimits } from './maintenance-limits.ts';

/** What the time of an instance's maintenance depends on. */
export interface MaintainedInstance {
  /** When time alone lets something of it go; null: never. */
  readonly nextRemovalAt: TimestampMs | null;
  /** When its retention was last decided, or tried to be; null: never. */
  readonly lastTriedAt: TimestampMs | null;
  /** Null: no policy covers it. */
  readonly policy: Pick<BackupPolicy, 'window' | 'timeZone'> | null;
}

/**
 * When retention of an instance is due by itself: as soon as something can go, but not within a day of
 * the last retention, and within the window of its policy. Null: never, as things are.
 *
 * So a backup comes first where there is one every day, and what it leaves to time goes a day later at
 * the latest.
 */
export function maintenanceDueAt(
  { nextRemovalAt, lastTriedAt, policy }: MaintainedInstance,
  now: TimestampMs,
  occurrences: Occurrences,
): TimestampMs | null {
  if (nextRemovalAt === null) return null;
  // A clock that was set back must not put it off for as long as it was ahead.
  const rested =
    lastTriedAt === null || lastTriedAt > now ? now : lastTriedAt + maintenanceLimits.pauseMs;
  const due = Math.max(now, nextRemovalAt, rested) as TimestampMs;
  return policy === null ? due : firstOpen(policy.window, policy.timeZone, due, occurrences);
}

/** When retention was last decided by one of these sessions, or was what one was begun for. */
export function lastRetentionAt(sessions: readonly StartedBackup[]): TimestampMs | null {
  let last: TimestampMs | null = null;
  for (const { kind, scope, startedAt, retention } of sessions) {
    const at =
      retention?.decidedAt ?? (kind === 'maintenance' && scope !== 'adoption' ? startedAt : null);
    if (at !== null) last = at;
  }
  return last;
}
