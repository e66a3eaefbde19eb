import {
  integer,
  integerChoice,
  list,
  named,
  object,
  optional,
  required,
  type Shape,
  text,
  variants,
} from '../shape/shape.ts';
import { policyLimits } from './policy-limits.ts';
import type { Schedule, TimeOfDay } from './schedule.ts';

const hour = required(integer(0, 23), 'Hour of the day.');
const minute = required(integer(0, 59), 'Minute of the hour.');
const minuteOfHour = optional(integer(0, 59), 0, 'Minute of the hour.');
/** A time of day, on whichever days. */
export const timeOfDayShape: Shape<TimeOfDay> = object<TimeOfDay>({ hour, minute });
/** 1 is Monday, 7 Sunday. */
export const weekdaysShape = list(integer(1, 7), { minItems: 1, maxItems: 7 });
const monthDay = required(integer(1, 31), 'Day of the month; shorter months use their last day.');

const schedule: Shape<Schedule> = named('schedule', () =>
  variants<Schedule>({
    cron: {
      expression: required(
        text({ maxLength: policyLimits.cronExpressionMaxLength, meaning: 'a cron expression' }),
        'Minute, hour, day of month, month, day of week.',
      ),
    },
    hourly: {
      everyHours: optional(
        integerChoice(1, 2, 3, 4, 6, 8, 12),
        1,
        'Every so many hours; it divides a day.',
      ),
      minute: minuteOfHour,
    },
    daily: { hour, minute: minuteOfHour },
    weekly: {
      weekdays: required(weekdaysShape, '1 is Monday, 7 Sunday.'),
      hour,
      minute: minuteOfHour,
    },
    monthly: { monthDay, hour, minute: minuteOfHour },
    yearly: { month: required(integer(1, 12), 'Month.'), monthDay, hour, minute: minuteOfHour },
  }),
);
/** When something happens by itself. */
export const schedulesShape: Shape<readonly Schedule[]> = list(schedule, {
  maxItems: policyLimits.schedulesMax,
});
