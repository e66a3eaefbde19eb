import { addPeriod } from '../domain/calendar/add-period.ts';
import type { CalendarPeriod } from '../domain/calendar/calendar-period.ts';
import type { TimestampMs } from '../domain/identifiers.ts';
import type { BackupPolicy } from '../domain/policy/backup-policy.ts';
import type { ObsoleteRule } from '../domain/retention/obsolete-rule.ts';
import type { RetentionSettings } from '../domain/retention/retention-settings.ts';
import type { NotedSession } from './noted-session.ts';

/** The moments at which something of these sessions is over: where a limit that is off by one shows. */
export function limitsOf(
  notes: readonly NotedSession[],
  policy: BackupPolicy | null,
  obsolete: ObsoleteRule,
): readonly TimestampMs[] {
  const settings =
    policy === null
      ? []
      : [
          policy.snapshots.retention,
          policy.image.retention,
          ...policy.replicas.map(({ retention }) => retention),
        ];
  const periods = settings.flatMap(periodsOf);
  const timeZone = policy?.timeZone ?? 'UTC';
  return notes.flatMap(({ takenAt, origin }) => {
    const expiresAt = origin.kind === 'manual' ? origin.expiresAt : null;
    return [
      ...periods.map((period) => addPeriod(takenAt, period, timeZone)),
      ...(obsolete.kind === 'after' ? [addPeriod(takenAt, obsolete.period, 'UTC')] : []),
      ...(expiresAt === null ? [] : [expiresAt]),
    ];
  });
}

function periodsOf({ age, gfs }: RetentionSettings): readonly CalendarPeriod[] {
  const flags = gfs === null ? [] : [gfs.daily, gfs.weekly, gfs.monthly, gfs.yearly];
  return [
    ...(age === null ? [] : [age]),
    ...flags.flatMap((flag) => (flag?.kind === 'period' ? [flag.period] : [])),
  ];
}
