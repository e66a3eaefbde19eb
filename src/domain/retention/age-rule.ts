import { addPeriod } from '../calendar/add-period.ts';
import type { CalendarPeriod } from '../calendar/calendar-period.ts';
import type { RetentionRule, RuleVerdict } from './retention-rule.ts';

/**
 * Keeps what is younger than `age` in the calendar of `timeZone`; an age equal to it has expired.
 */
export function ageRule(age: CalendarPeriod, timeZone: string): RetentionRule {
  return (chain, now) =>
    new Map(
      chain.map(({ id, takenAt }): [string, RuleVerdict] => [
        id,
        now < addPeriod(takenAt, age, timeZone)
          ? { keep: [{ kind: 'within-age', age }] }
          : { remove: { kind: 'expired', age } },
      ]),
    );
}
