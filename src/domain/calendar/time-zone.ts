import type { Brand, TimestampMs } from '../identifiers.ts';
import { RememberedValues } from './remembered-values.ts';

/**
 * What the clocks of a time zone show: milliseconds from 1970-01-01T00:00:00 on those clocks, as if
 * every day had 24 hours.
 */
export type LocalMs = Brand<number, 'LocalMs'>;

export const dayMs = 86_400_000;

/** Whether the time zone data that came with the runtime has a zone of this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
  } catch {
    return false;
  }
  return true;
}

/**
 * What the clocks of `timeZone` show at an instant.
 *
 * @throws RangeError for an unknown time zone; a policy that has one is refused beforehand
 */
export function localTimeAt(instant: TimestampMs, timeZone: string): LocalMs {
  return (instant + offsetMsAt(instant, timeZone)) as LocalMs;
}

/**
 * When the clocks of `timeZone` show `local`. Where they were set back, so that they show it twice,
 * the first time; where they were set forward over it, the instant at which they were: it is the
 * first that is not before `local`.
 */
export function instantOf(local: LocalMs, timeZone: string): TimestampMs {
  // No clock change is further from what it changes than a day.
  const before = offsetMsAt(local - dayMs, timeZone);
  const after = offsetMsAt(local + dayMs, timeZone);
  for (const offset of [before, after]) {
    const instant = local - offset;
    if (offsetMsAt(instant, timeZone) === offset) return instant as TimestampMs;
  }
  return firstShowing(local, local - after, local - before, timeZone);
}

/** The first instant after `before` and up to `by` at which the clocks show `local` or later. */
function firstShowing(local: LocalMs, before: number, by: number, timeZone: string): TimestampMs {
  let [tooEarly, lateEnough] = [before, by];
  while (lateEnough - tooEarly > 1) {
    const middle = Math.floor((tooEarly + lateEnough) / 2);
    if (middle + offsetMsAt(middle, timeZone) < local) tooEarly = middle;
    else lateEnough = middle;
  }
  return lateEnough as TimestampMs;
}

/** Offsets that are remembered: asking the runtime is slow, and plans ask for the same days. */
const rememberedDaysMax = 50_000;

class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new RememberedValues<number, number | 'changes'>(rememberedDaysMax);

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  at(instant: number): number {
    const offset = this.#days.of(Math.floor(instant / dayMs), (day) => this.#offsetOf(day));
    return offset === 'changes' ? this.#ask(instant) : offset;
  }

  #offsetOf(day: number): number | 'changes' {
    const first = this.#ask(day * dayMs);
    // Clocks change once in a day at most: one that has the same offset at both its ends has it all day.
    return this.#ask((day + 1) * dayMs) === first ? first : 'changes';
  }

  #ask(instant: number): number {
    const shown = new Map(
      this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return local - Math.floor(instant / 1000) * 1000;
  }
}

/** Zones that are remembered; there are fewer than 600 names. */
const rememberedZonesMax = 600;
const zones = new RememberedValues<string, ZoneOffsets>(rememberedZonesMax);

function offsetMsAt(instant: number, timeZone: string): number {
  return zones.of(timeZone, (name) => new ZoneOffsets(name)).at(instant);
}
