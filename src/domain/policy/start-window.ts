import type { TimeOfDay } from './schedule.ts';

/** The part of each day, in the policy's time zone, in which something may be started. */
export interface StartWindow {
  /** Days on which it opens: 1 is Monday, 7 Sunday. */
  readonly weekdays: readonly number[];
  readonly from: TimeOfDay;
  /** The first moment after it; at or before `from`: on the next day. */
  readonly to: TimeOfDay;
}
