import { addPeriod } from '../calendar/add-period.ts';
import { assert } from '../errors/assert.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { HoldId } from '../identifiers.ts';
import type { PlacedHold } from '../instance/hold.ts';
import type { Release } from './explanation.ts';
import { gfsPeriods } from './gfs-period.ts';
import type { HistoryItem } from './history-items.ts';
import type { RetentionCircumstances } from './retention-circumstances.ts';
import type { GfsFlagName, KeepReason } from './retention-reasons.ts';
import type { RetentionSettings } from './retention-settings.ts';

/** The item that is kept, what the rules of its chain look at (oldest first), and their settings. */
export interface ReleaseSubject {
  readonly item: HistoryItem<string>;
  readonly chain: readonly HistoryItem<string>[];
  readonly settings: RetentionSettings | null;
}

/** What would end one reason to keep an item, by the rules of today. */
export function releaseOf(
  reason: KeepReason,
  subject: ReleaseSubject,
  { history, policy, obsolete }: RetentionCircumstances,
): Release {
  const { takenAt, expiresAt } = subject.item;
  const timeZone = policy?.timeZone ?? 'UTC';
  switch (reason.kind) {
    case 'within-count': {
      const place = subject.chain.findIndex(({ id }) => id === subject.item.id);
      const newer = subject.chain.length - 1 - place;
      return { kind: 'newer-items', count: reason.keep - newer };
    }
    case 'within-age':
      return { kind: 'time', at: addPeriod(takenAt, reason.age, timeZone) };
    case 'gfs-daily':
      return flagRelease('daily', subject, timeZone);
    case 'gfs-weekly':
      return flagRelease('weekly', subject, timeZone);
    case 'gfs-monthly':
      return flagRelease('monthly', subject, timeZone);
    case 'gfs-yearly':
      return flagRelease('yearly', subject, timeZone);
    case 'cbt-base':
    case 'parent-point':
      return { kind: 'next-point' };
    case 'replica-base':
      return { kind: 'next-replica' };
    case 'needed-by':
      return { kind: 'point-removed', pointId: reason.pointId };
    case 'copy-source':
      return { kind: 'session-ended', sessionId: subject.item.sessionId };
    case 'in-use':
      return { kind: 'session-ended', sessionId: reason.sessionId };
    case 'locked':
    case 'legal-hold':
      return holdRelease(history.holds, reason.holdId);
    case 'manual':
      return expiresAt === null ? { kind: 'changed-settings' } : { kind: 'time', at: expiresAt };
    case 'no-policy':
      return obsolete.kind === 'never'
        ? { kind: 'changed-settings' }
        : { kind: 'time', at: addPeriod(takenAt, obsolete.period, 'UTC') };
    case 'no-rule':
    case 'host-rule':
      return { kind: 'changed-settings' };
    default:
      return unreachable(reason);
  }
}

function flagRelease(
  flag: GfsFlagName,
  { item, chain, settings }: ReleaseSubject,
  timeZone: string,
): Release {
  const gfs = settings?.gfs ?? null;
  const setting = gfs?.[flag] ?? null;
  // A rule of the embedding program may use the same reasons without these settings.
  if (gfs === null || setting === null) return { kind: 'changed-settings' };
  if (setting.kind === 'period') {
    return { kind: 'time', at: addPeriod(item.takenAt, setting.period, timeZone) };
  }
  const periods = gfsPeriods(flag, gfs, timeZone);
  const own = periods.beginningOf(item.takenAt);
  const newer = new Set(
    chain.map(({ takenAt }) => periods.beginningOf(takenAt)).filter((other) => other > own),
  );
  return { kind: 'newer-periods', flag, count: setting.count - newer.size };
}

function holdRelease(holds: readonly PlacedHold[], holdId: HoldId): Release {
  const placed = holds.find((hold) => hold.holdId === holdId);
  assert(placed !== undefined, 'a hold that keeps an item is one of the instance');
  const { hold } = placed;
  return hold.kind === 'lock'
    ? { kind: 'time', at: hold.until }
    : { kind: 'hold-released', holdId, note: hold.note };
}
