import { counted } from '../../domain/errors/counted.ts';
import { Cron } from 'croner';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { CronTime, Occurrences } from '../../domain/policy/occurrences.ts';

/** Parsed expressions are kept, so many at most: a policy has a few, an installation hundreds. */
const parsedMax = 1_000;

/** Minute, hour, day of month, month, day of week. */
const fieldsCount = 5;

/**
 * Occurrences as croner finds them. Expressions whose minute and hour are plain numbers, lists or
 * ranges name times of day: one that a change of the clock skips occurs right after the gap, one
 * that it repeats occurs once. Those with a wildcard or a step name a rhythm: what is skipped is
 * skipped, what is repeated occurs twice.
 */
export function createCronerOccurrences(): Occurrences {
  const parsed = new Map<string, Cron>();
  const cronOf = ({ expression, timeZone }: CronTime): Cron => {
    const key = `${timeZone} ${expression}`;
    const known = parsed.get(key);
    if (known !== undefined) return known;
    if (parsed.size >= parsedMax) parsed.clear();
    const cron = parse(expression, timeZone);
    parsed.set(key, cron);
    return cron;
  };
  return {
    next: (cron, after) => {
      const next = cronOf(cron).nextRun(new Date(after));
      return next === null ? null : (next.getTime() as TimestampMs);
    },
    problemOf: (expression) => {
      const count = expression.split(' ').length;
      if (count !== fieldsCount) {
        return `it has ${counted(count, 'field')}, not ${fieldsCount} with one space between them`;
      }
      try {
        parse(expression, 'UTC');
        return null;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return reason.replace(/^CronPattern: /, '');
      }
    },
  };
}

function parse(expression: string, timezone: string): Cron {
  return new Cron(expression, {
    paused: true,
    timezone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
  });
}
