/** A length of time in a calendar: how long it is depends on where it begins. */
export interface CalendarPeriod {
  /** A whole number, at least 1. */
  readonly amount: number;
  readonly unit: 'days' | 'weeks' | 'months' | 'years';
}
