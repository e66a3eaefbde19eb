import type { RetentionSettings } from './retention-settings.ts';

/** Whether the rules of a chain keep nothing at all: only pins and holds would. */
export function keepsNothing({ count, age, gfs }: RetentionSettings): boolean {
  const flags = gfs === null ? [] : [gfs.daily, gfs.weekly, gfs.monthly, gfs.yearly];
  return (count ?? 0) === 0 && age === null && flags.every((flag) => flag === null);
}
