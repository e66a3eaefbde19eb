import {
  addDays,
  dateIn,
  dateOf,
  type LocalDate,
  monthOf,
  timeOn,
  weekdayOf,
  yearOf,
} from '../calendar/local-date.ts';
import { instantOf, localTimeAt } from '../calendar/time-zone.ts';
import type { TimestampMs } from '../identifiers.ts';
import type { GfsFlagName } from './retention-reasons.ts';
import type { GfsSettings } from './retention-settings.ts';

/** Beginnings that are remembered for one flag: those of a chain of centuries. */
const rememberedMax = 50_000;

/** Instances of one policy have the same periods: what was found for one serves all. */
const known = new WeakMap<GfsSettings, Map<string, GfsPeriods>>();

/** The periods of one flag; the same for the same settings. */
export function gfsPeriods(flag: GfsFlagName, settings: GfsSettings, timeZone: string): GfsPeriods {
  const ofSettings = known.get(settings) ?? new Map<string, GfsPeriods>();
  known.set(settings, ofSettings);
  const key = `${flag} ${timeZone}`;
  const periods = ofSettings.get(key) ?? new GfsPeriods(flag, settings, timeZone);
  ofSettings.set(key, periods);
  return periods;
}

/** Finds the day, week, month or year of a flag that an instant lies in. */
export class GfsPeriods {
  readonly #flag: GfsFlagName;
  readonly #settings: GfsSettings;
  readonly #timeZone: string;
  /** When each period begins, as far as it was asked for. */
  readonly #beginnings = new Map<LocalDate, TimestampMs>();

  readonly #lastDates = new Map<LocalDate, LocalDate>();

  constructor(flag: GfsFlagName, settings: GfsSettings, timeZone: string) {
    this.#flag = flag;
    this.#settings = settings;
    this.#timeZone = timeZone;
  }

  /** The date on which the period of `instant` begins: the last that has begun by then. */
  beginningOf(instant: TimestampMs): LocalDate {
    const date = dateOf(localTimeAt(instant, this.#timeZone));
    // A day later, because clocks that are set back show a date again whose next one has begun.
    let first = this.#lastUpTo(addDays(date, 1));
    while (this.#beginsAt(first) > instant) first = this.#lastUpTo(addDays(first, -1));
    return first;
  }

  #beginsAt(first: LocalDate): TimestampMs {
    let instant = this.#beginnings.get(first);
    if (instant === undefined) {
      const { hour, minute } = this.#settings;
      instant = instantOf(timeOn(first, hour, minute), this.#timeZone);
      if (this.#beginnings.size >= rememberedMax) this.#beginnings.clear();
      this.#beginnings.set(first, instant);
    }
    return instant;
  }

  /** The last date up to `date` on which a period begins. */
  #lastUpTo(date: LocalDate): LocalDate {
    if (this.#flag === 'daily') return date;
    let last = this.#lastDates.get(date);
    if (last === undefined) {
      last = this.#findLastUpTo(date);
      if (this.#lastDates.size >= rememberedMax) this.#lastDates.clear();
      this.#lastDates.set(date, last);
    }
    return last;
  }

  #findLastUpTo(date: LocalDate): LocalDate {
    const { weekday, monthDay, month } = this.#settings;
    const year = yearOf(date);
    switch (this.#flag) {
      case 'daily':
        return date;
      case 'weekly':
        return addDays(date, -((weekdayOf(date) - weekday + 7) % 7));
      case 'monthly': {
        const inMonth = dateIn(year, monthOf(date), monthDay);
        return inMonth <= date ? inMonth : dateIn(year, monthOf(date) - 1, monthDay);
      }
      case 'yearly': {
        const inYear = dateIn(year, month, monthDay);
        return inYear <= date ? inYear : dateIn(year - 1, month, monthDay);
      }
    }
  }
}
