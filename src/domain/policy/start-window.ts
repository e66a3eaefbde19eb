import type { TimestampMs } from '../identifiers.ts';
import type { Occurrences } from './occurrences.ts';
import type { TimeOfDay } from './schedule.ts';

/** The part of each day, in the policy's time zone, in which something may be started. */
export interface StartWindow {
  /** Days on which it opens: 1 is Monday, 7 Sunday. */
  readonly weekdays: readonly number[];
  readonly from: TimeOfDay;
  /** The first moment after it; at or before `from`: on the next day. */
  readonly to: TimeOfDay;
}

/** Whether something may be started at `at`; without a window always. */
export function isOpen(
  window: StartWindow | null,
  timeZone: string,
  at: TimestampMs,
  occurrences: Occurrences,
): boolean {
  return firstOpen(window, timeZone, at, occurrences) === at;
}

/** The first moment from `from` on at which something may be started; null when there is none. */
export function firstOpen(
  window: StartWindow | null,
  timeZone: string,
  from: TimestampMs,
  occurrences: Occurrences,
): TimestampMs | null {
  if (window === null) return from;
  const opens = occurrences.next({ expression: openingOf(window), timeZone }, from);
  const closes = occurrences.next({ expression: closingOf(window), timeZone }, from);
  return isBetween(window, opens, closes) ? from : opens;
}

/** Whether the window is open at the moment after which it `opens` and `closes` next. */
function isBetween(
  { from, to }: StartWindow,
  opens: TimestampMs | null,
  closes: TimestampMs | null,
): boolean {
  if (opens === null || closes === null) return false;
  // One that is open for the whole day closes as it opens again. Of any other, a change of the
  // clock can make both one moment: it is then not open on that day at all.
  return minutesOf(from) === minutesOf(to) ? closes <= opens : closes < opens;
}

function openingOf({ weekdays, from }: StartWindow): string {
  return `${from.minute} ${from.hour} * * ${weekdays.join(',')}`;
}

function closingOf({ weekdays, from, to }: StartWindow): string {
  const isNextDay = minutesOf(to) <= minutesOf(from);
  const days = weekdays.map((weekday) => (isNextDay ? (weekday % 7) + 1 : weekday));
  return `${to.minute} ${to.hour} * * ${days.join(',')}`;
}

function minutesOf({ hour, minute }: TimeOfDay): number {
  return hour * 60 + minute;
}
