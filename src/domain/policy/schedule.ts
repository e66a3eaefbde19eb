import { unreachable } from '../errors/unreachable.ts';

/** When something is due again and again, in the policy's time zone. */
export type Schedule =
  /** Five fields: minute, hour, day of month, month, day of week. */
  | { readonly kind: 'cron'; readonly expression: string }
  /** Every so many hours of the day, from hour 0 on: 1, 2, 3, 4, 6, 8 or 12. */
  | { readonly kind: 'hourly'; readonly everyHours: number; readonly minute: number }
  | ({ readonly kind: 'daily' } & TimeOfDay)
  /** 1 is Monday, 7 Sunday. */
  | ({ readonly kind: 'weekly'; readonly weekdays: readonly number[] } & TimeOfDay)
  /** 1 to 31; shorter months use their last day. */
  | ({ readonly kind: 'monthly'; readonly monthDay: number } & TimeOfDay)
  | ({ readonly kind: 'yearly'; readonly month: number; readonly monthDay: number } & TimeOfDay);

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** The cron expressions that together occur when the schedule does. */
export function cronExpressionsOf(schedule: Schedule): readonly string[] {
  switch (schedule.kind) {
    case 'cron':
      return [schedule.expression];
    case 'hourly':
      return [`${schedule.minute} ${hoursOf(schedule.everyHours)} * * *`];
    case 'daily':
      return [`${timeOf(schedule)} * * *`];
    case 'weekly':
      return [`${timeOf(schedule)} * * ${schedule.weekdays.join(',')}`];
    case 'monthly':
      return monthDays(schedule.monthDay).map((days) => `${timeOf(schedule)} ${days} *`);
    case 'yearly':
      return [`${timeOf(schedule)} ${yearDay(schedule)} ${schedule.month} *`];
    default:
      return unreachable(schedule);
  }
}

function timeOf({ hour, minute }: TimeOfDay): string {
  return `${minute} ${hour}`;
}

/** A plain list: it says which hours, while a step would say how often, and clock changes differ. */
function hoursOf(everyHours: number): string {
  if (everyHours === 1) return '*';
  const hours = [];
  for (let hour = 0; hour < 24; hour += everyHours) hours.push(hour);
  return hours.join(',');
}

/** Day of month and month; `L` is the last day of a month. */
function monthDays(monthDay: number): readonly string[] {
  if (monthDay <= 28) return [`${monthDay} *`];
  if (monthDay === 31) return ['L *'];
  return [`${monthDay} 1,3-12`, 'L 2'];
}

function yearDay({ month, monthDay }: { month: number; monthDay: number }): string {
  const isLast = monthDay > (month === 2 ? 28 : [4, 6, 9, 11].includes(month) ? 30 : 31);
  return isLast ? 'L' : String(monthDay);
}
