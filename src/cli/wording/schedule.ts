import type { BackupPolicy, RetentionSettings, Schedule } from '../../index.ts';
import { formatCount } from '../output/format-quantity.ts';
import { periodInWords } from './retention.ts';

type StartWindow = NonNullable<BackupPolicy['window']>;

const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** When something is due, in one phrase. */
export function scheduleInWords(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'cron':
      return `cron "${schedule.expression}"`;
    case 'hourly':
      return `${everyHours(schedule.everyHours)}, at minute ${schedule.minute}`;
    case 'daily':
      return `daily at ${clock(schedule)}`;
    case 'weekly':
      return `${weekdaysInWords(schedule.weekdays)} at ${clock(schedule)}`;
    case 'monthly':
      return `on day ${schedule.monthDay} of each month at ${clock(schedule)}`;
    case 'yearly':
      return `on ${schedule.month}-${schedule.monthDay} of each year at ${clock(schedule)}`;
  }
}

function everyHours(count: number): string {
  return count === 1 ? 'every hour' : `every ${count} hours`;
}

export function schedulesInWords(schedules: readonly Schedule[], none: string): string {
  return schedules.length === 0 ? none : schedules.map(scheduleInWords).join('; ');
}

export function windowInWords({ weekdays, from, to }: StartWindow): string {
  return `${weekdaysInWords(weekdays)}, ${clock(from)} to ${clock(to)}`;
}

/** What the rules of a chain keep; `what` is the name of its items. */
export function retentionInWords({ count, age, gfs }: RetentionSettings, what: string): string {
  const rules = [
    ...(count === null
      ? []
      : [`the newest ${formatCount(count, what, what === 'copy' ? 'copies' : `${what}s`)}`]),
    ...(age === null ? [] : [`those younger than ${periodInWords(age)}`]),
    ...(gfs === null ? [] : [`flags: ${flagsInWords(gfs)}`]),
  ];
  return rules.join(', and ');
}

function flagsInWords(gfs: NonNullable<RetentionSettings['gfs']>): string {
  return (['daily', 'weekly', 'monthly', 'yearly'] as const)
    .flatMap((kind) => {
      const flag = gfs[kind];
      if (flag === null) return [];
      const howMany =
        flag.kind === 'count' ? String(flag.count) : `for ${periodInWords(flag.period)}`;
      return [`${kind} ${howMany}`];
    })
    .join(', ');
}

function weekdaysInWords(weekdays: readonly number[]): string {
  if (weekdays.length === weekdayNames.length) return 'every day';
  return weekdays.map((weekday) => weekdayNames[weekday - 1] ?? '').join(', ');
}

function clock({ hour, minute }: { readonly hour: number; readonly minute: number }): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}
