import type { LedgerDatabase } from './ledger-database.ts';
import { pageEventsMax, rareEventsMax } from './ledger-limits.ts';

/**
 * Where the events of the streams whose names begin so are, in order, if they are few among many: then
 * the index of streams finds them without a look at all the others. Null where a scan is as good.
 */
export function rarePositions(
  { statements }: LedgerDatabase,
  after: number,
  end: number,
  streamPrefix: string,
): readonly number[] | null {
  if (streamPrefix === '' || end - after <= pageEventsMax) return null;
  const rows = statements.ofPrefix.all(after, end, streamPrefix, rareEventsMax + 1);
  if (rows.length > rareEventsMax) return null;
  return rows.map(({ position }) => Number(position)).sort((a, b) => a - b);
}
