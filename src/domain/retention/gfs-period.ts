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
import { RememberedValues } from '../calendar/remembered-values.ts';
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
  readonly #beginnings = new RememberedValues<LocalDate, TimestampMs>(rememberedMax);
  readonly #lastDates = new RememberedValues<LocalDate, LocalDate>(rememberedMax);

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

  /** When the period begins whose first date this is. */
  #beginsAt(first: LocalDate): TimestampMs {
    const { hour, minute } = this.#settings;
    return this.#beginnings.of(first, (date) =>
      instantOf(timeOn(date, hour, minute), this.#timeZone),
    );
  }

  /** The last date up to `date` on which a period begins. */
  #lastUpTo(date: LocalDate): LocalDate {
    return this.#lastDates.of(date, (one) => lastBeginningUpTo(one, this.#flag, this.#settings));
  }
}

function lastBeginningUpTo(
  date: LocalDate,
  flag: GfsFlagName,
  { weekday, monthDay, month }: GfsSettings,
): LocalDate {
  const year = yearOf(date);
  switch (flag) {
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
