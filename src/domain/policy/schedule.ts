/** When something is due again and again, in the policy's time zone. */
export type Schedule =
  /** Five fields: minute, hour, day of month, month, day of week. */
  | { readonly kind: 'cron'; readonly expression: string }
  /** Every so many hours of the day, from hour 0 on: 1, 2, 3, 4, 6, 8 or 12. */
  | { readonly kind: 'hourly'; readonly everyHours: number; readonly minute: number }
  | ({ readonly kind: 'daily' } & TimeOfDay)
  /** 1 is Monday, 7 Sunday. */
  | ({ readonly kind: 'weekly'; readonly weekdays: readonly number[] } & TimeOfDay)
  /** 1 to 31; shorter months use their last day. */
  | ({ readonly kind: 'monthly'; readonly monthDay: number } & TimeOfDay)
  | ({ readonly kind: 'yearly'; readonly month: number; readonly monthDay: number } & TimeOfDay);

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}
