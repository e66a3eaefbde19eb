import type { CalendarPeriod } from '../calendar/calendar-period.ts';

/**
 * What a chain's own rules want to keep. An item stays while any of them keeps it; with none of them set nothing is kept but what is
 * pinned or held.
 */
export interface RetentionSettings {
  /** Keeps the newest so many; null: no rule by count. */
  readonly count: number | null;
  /** Keeps what is younger; an age equal to the period has expired. Null: no rule by age. */
  readonly age: CalendarPeriod | null;
  /** Keeps flagged items; null: no flags. */
  readonly gfs: GfsSettings | null;
}

/** Grandfather-father-son flags on one chain. */
export interface GfsSettings {
  readonly daily: GfsFlag | null;
  readonly weekly: GfsFlag | null;
  readonly monthly: GfsFlag | null;
  readonly yearly: GfsFlag | null;
  /** When a day begins for the flags, in the policy's time zone: the first item from then on takes the day's flag. */
  readonly hour: number;
  readonly minute: number;
  /** The day that a week's flag is for: 1 is Monday, 7 Sunday. */
  readonly weekday: number;
  /** The day of the month of a month's flag, 1 to 31; shorter months use their last day. */
  readonly monthDay: number;
  /** The month of a year's flag, 1 to 12; its day is `monthDay`. */
  readonly month: number;
}

/** How many flags of one kind there are, or for how long one lasts. */
export type GfsFlag =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'period'; readonly period: CalendarPeriod };
