import type { Brand } from '../identifiers.ts';
import { dayMs, type LocalMs } from './time-zone.ts';

/** A date of the Gregorian calendar: days since 1970-01-01. */
export type LocalDate = Brand<number, 'LocalDate'>;

export function dateOf(local: LocalMs): LocalDate {
  return Math.floor(local / dayMs) as LocalDate;
}

/** `hour` and `minute` of a date. */
export function timeOn(date: LocalDate, hour: number, minute: number): LocalMs {
  return (date * dayMs + (hour * 60 + minute) * 60_000) as LocalMs;
}

export function yearOf(date: LocalDate): number {
  return new Date(date * dayMs).getUTCFullYear();
}

/** 1 to 12. */
export function monthOf(date: LocalDate): number {
  return new Date(date * dayMs).getUTCMonth() + 1;
}

/** 1 to 31. */
export function monthDayOf(date: LocalDate): number {
  return new Date(date * dayMs).getUTCDate();
}

/** 1 is Monday, 7 Sunday. */
export function weekdayOf(date: LocalDate): number {
  return ((((date + 3) % 7) + 7) % 7) + 1;
}

/**
 * The date with this day, or the last of its month when that is shorter. `month` may lie outside
 * of 1 to 12: it then counts on into the years around.
 */
export function dateIn(year: number, month: number, monthDay: number): LocalDate {
  const lastDay = new Date(utcMs(year, month, 0)).getUTCDate();
  return (utcMs(year, month - 1, Math.min(monthDay, lastDay)) / dayMs) as LocalDate;
}

export function addDays(date: LocalDate, days: number): LocalDate {
  return (date + days) as LocalDate;
}

/** `2026-01-31` */
export function formatDate(date: LocalDate): string {
  return new Date(date * dayMs).toISOString().slice(0, -'T00:00:00.000Z'.length);
}

/** Not by Date.UTC, which takes the years 0 to 99 for those of the 20th century. */
function utcMs(year: number, monthIndex: number, monthDay: number): number {
  return new Date(0).setUTCFullYear(year, monthIndex, monthDay);
}
