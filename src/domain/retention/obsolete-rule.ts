import type { CalendarPeriod } from '../calendar/calendar-period.ts';

/** What becomes of items that no policy rules over. The default is `never`. */
export type ObsoleteRule =
  /** They stay. */
  | { readonly kind: 'never' }
  /** They go at this age, in the calendar of UTC. */
  | { readonly kind: 'after'; readonly period: CalendarPeriod };

export const keepObsolete: ObsoleteRule = { kind: 'never' };
