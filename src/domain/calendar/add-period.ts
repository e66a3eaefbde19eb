import type { TimestampMs } from '../identifiers.ts';
import type { CalendarPeriod } from './calendar-period.ts';
import {
  addDays,
  dateIn,
  dateOf,
  type LocalDate,
  monthDayOf,
  monthOf,
  yearOf,
} from './local-date.ts';
import { dayMs, instantOf, type LocalMs, localTimeAt } from './time-zone.ts';

/** The last instant that a Date can hold: a period that ends beyond it never ends. */
const lastInstant = 8.64e15 as TimestampMs;

/**
 * When a period that begins at `instant` is over, in the calendar of `timeZone`: at the same time
 * of the day, so many days, weeks, months or years later. A month or year without such a day ends
 * it on its last day: 31 January and one month are 28 or 29 February.
 */
export function addPeriod(
  instant: TimestampMs,
  { amount, unit }: CalendarPeriod,
  timeZone: string,
): TimestampMs {
  const local = localTimeAt(instant, timeZone);
  const date = dateOf(local);
  const target = laterDate(date, amount, unit);
  const later = (local + (target - date) * dayMs) as LocalMs;
  // Two days off: the time zone is looked at a day beyond.
  if (!(later < lastInstant - 2 * dayMs)) return lastInstant;
  return instantOf(later, timeZone);
}

function laterDate(date: LocalDate, amount: number, unit: CalendarPeriod['unit']): LocalDate {
  switch (unit) {
    case 'days':
      return addDays(date, amount);
    case 'weeks':
      return addDays(date, amount * 7);
    case 'months':
      return dateIn(yearOf(date), monthOf(date) + amount, monthDayOf(date));
    case 'years':
      return dateIn(yearOf(date) + amount, monthOf(date), monthDayOf(date));
  }
}
