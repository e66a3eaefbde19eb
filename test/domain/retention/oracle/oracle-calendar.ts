import { Temporal } from 'temporal-polyfill';
import type { CalendarPeriod } from '../../../../src/domain/calendar/calendar-period.ts';
import type { TimestampMs } from '../../../../src/domain/identifiers.ts';
import type { GfsFlagName } from '../../../../src/domain/retention/retention-reasons.ts';
import type { GfsSettings } from '../../../../src/domain/retention/retention-settings.ts';

/** When a period that begins at `from` is over: docs/retention.md, "The calendar". */
export function periodOver(
  from: TimestampMs,
  { amount, unit }: CalendarPeriod,
  timeZone: string,
): TimestampMs {
  return instantOf(localTime(from, timeZone).add({ [unit]: amount }), timeZone);
}

/** The date of the boundary with which the period of `flag` begins that `at` lies in. */
export function periodLabel(
  flag: GfsFlagName,
  at: TimestampMs,
  settings: GfsSettings,
  timeZone: string,
): string {
  const time = { hour: settings.hour, minute: settings.minute };
  let latest: { readonly label: string; readonly instant: TimestampMs } | null = null;
  for (const date of datesAround(flag, localTime(at, timeZone).toPlainDate(), settings)) {
    const instant = instantOf(date.toPlainDateTime(time), timeZone);
    if (instant > at) continue;
    // Dates come in their order, so the last of those that fall on one instant counts.
    if (latest === null || instant >= latest.instant) latest = { label: date.toString(), instant };
  }
  if (latest === null) throw new Error(`No boundary of the flag "${flag}" at or before ${at}`);
  return latest.label;
}

/** Every date near `around` with a boundary of `flag`, in order. */
function datesAround(
  flag: GfsFlagName,
  around: Temporal.PlainDate,
  { weekday, monthDay, month }: GfsSettings,
): readonly Temporal.PlainDate[] {
  const dayAfterDay = (days: number): readonly Temporal.PlainDate[] =>
    Array.from({ length: days + 3 }, (_, day) => around.add({ days: day - days }));
  switch (flag) {
    case 'daily':
      return dayAfterDay(3);
    case 'weekly':
      return dayAfterDay(10).filter(({ dayOfWeek }) => dayOfWeek === weekday);
    case 'monthly':
      // `with` and `from` give a month that is shorter its last day.
      return [-2, -1, 0, 1].map((months) =>
        around.with({ day: 1 }).add({ months }).with({ day: monthDay }),
      );
    case 'yearly':
      return [-2, -1, 0, 1].map((years) =>
        Temporal.PlainDate.from({ year: around.year + years, month, day: monthDay }),
      );
  }
}

function localTime(at: TimestampMs, timeZone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDateTime();
}

/** The first of two; the change itself of what is skipped. `earlier` moves that to before the gap. */
function instantOf(local: Temporal.PlainDateTime, timeZone: string): TimestampMs {
  const shown = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const change = shown.toPlainDateTime().equals(local) ? null : shown.getTimeZoneTransition('next');
  return (change ?? shown).epochMilliseconds as TimestampMs;
}
