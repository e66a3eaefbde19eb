import { counted } from '../../domain/errors/counted.ts';
import { Cron } from 'croner';
import { instantOf, type LocalMs, localTimeAt } from '../../domain/calendar/time-zone.ts';
import type { TimestampMs } from '../../domain/identifiers.ts';
import type { CronTime, Occurrences } from '../../domain/policy/occurrences.ts';

/** Parsed expressions are kept, so many at most: a policy has a few, an installation hundreds. */
const parsedMax = 1_000;

/** Minute, hour, day of month, month, day of week. */
const fieldsCount = 5;

/**
 * Occurrences as croner finds them. Expressions whose minute and hour are plain numbers, lists or
 * ranges name times of day: which ones is croner's to say, and when the clocks of the time zone show
 * them the calendar's, so that schedules, windows and flags agree about clock changes. Those with a
 * wildcard or a step name a rhythm: what is skipped is skipped, what is repeated occurs twice.
 */
export function createCronerOccurrences(): Occurrences {
  const parsed = new Map<string, Cron>();
  const cronOf = (expression: string, timeZone: string): Cron => {
    const key = `${timeZone} ${expression}`;
    const known = parsed.get(key);
    if (known !== undefined) return known;
    if (parsed.size >= parsedMax) parsed.clear();
    const cron = parse(expression, timeZone);
    parsed.set(key, cron);
    return cron;
  };
  return {
    next: (cronTime, after) => {
      const { expression, timeZone } = cronTime;
      return namesTimes(expression)
        ? nextNamed(cronOf(expression, 'UTC'), cronTime, after)
        : nextOf(cronOf(expression, timeZone), after);
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

/** Neither a wildcard nor a step in minute or hour. */
function namesTimes(expression: string): boolean {
  const [minute = '', hour = ''] = expression.split(' ');
  return !/[*?/]/.test(minute + hour);
}

/** @param cron in UTC, so that it reads times as the clocks show them, whatever changes these */
function nextNamed(cron: Cron, { timeZone }: CronTime, after: TimestampMs): TimestampMs | null {
  let local: LocalMs | null = localTimeAt(after, timeZone);
  // What is shown twice was there the first time.
  for (;;) {
    local = nextOf(cron, local);
    if (local === null) return null;
    const instant = instantOf(local, timeZone);
    if (instant > after) return instant;
  }
}

function nextOf<Time extends TimestampMs | LocalMs>(cron: Cron, after: Time): Time | null {
  const next = cron.nextRun(new Date(after));
  return next === null ? null : (next.getTime() as Time);
}

function parse(expression: string, timezone: string): Cron {
  return new Cron(expression, {
    paused: true,
    timezone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
  });
}
