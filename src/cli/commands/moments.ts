import { InvalidArgumentError } from 'commander';
import type { CalendarPeriod, TimestampMs } from '../../index.ts';

const units = { d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;
/** More than a century, in the smallest unit. */
const amountMax = 36_500;

/** `30d`, `4w`, `6m`, `1y`, as commander wants its option parsers. */
export function parsePeriod(text: string): CalendarPeriod {
  const [, digits = '', letter = ''] = /^(\d+)([dwmy])$/.exec(text) ?? [];
  const amount = Number(digits);
  const unit = Object.entries(units).find(([known]) => known === letter)?.[1];
  if (unit === undefined || amount < 1 || amount > amountMax) {
    throw new InvalidArgumentError(
      'Give a number and d, w, m or y: 30d, 4w, 6m, 1y (days, weeks, months, years).',
    );
  }
  return { amount, unit };
}

/**
 * `2026-03-29`, `2026-03-29T07:00`, with `Z` or an offset for another time zone than that of this
 * machine; a date alone is its beginning here.
 */
export function parseMoment(text: string): TimestampMs {
  const [, day = '', time = '', zone = ''] =
    /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(
      text,
    ) ?? [];
  // A date without a time would be taken for one in UTC.
  const timestamp = Date.parse(`${day}T${time === '' ? '00:00' : time}${zone}`);
  if (day === '' || Number.isNaN(timestamp) || !isRealDay(day)) {
    throw new InvalidArgumentError(
      'Give a date or a date and a time: 2026-03-29, 2026-03-29T07:00, 2026-03-29T05:00Z.',
    );
  }
  return timestamp as TimestampMs;
}

/** The 30th of February would be taken for a day in March. */
function isRealDay(day: string): boolean {
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day);
}
