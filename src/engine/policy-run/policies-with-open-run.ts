import type { PolicyId } from '../../domain/identifiers.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';

/**
 * Which policies, in force or not, have an open run, or may have one that cannot be read: a run goes by its
 * policy as it was when it began, and comes to its end although that was removed meanwhile. Costs what is
 * open, not what ever ran.
 *
 * @throws LEDGER_CORRUPT
 */
export async function policiesWithOpenRun(catalogue: Catalogue): Promise<readonly PolicyId[]> {
  const { schedule } = streamPrefixes;
  const [claims, unreadable] = await catalogue.ask((store) =>
    Promise.all([store.claims(schedule), store.unreadable(schedule)]),
  );
  const streams = new Set([...claims.map(({ stream }) => stream), ...unreadable]);
  return [...streams]
    .map((stream) => stream.slice(schedule.length) as PolicyId)
    .toSorted((one, other) => (one < other ? -1 : 1));
}
