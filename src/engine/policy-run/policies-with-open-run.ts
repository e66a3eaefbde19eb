import type { PolicyId } from '../../domain/identifiers.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { streamPrefixes } from '../ledger/stream-names.ts';

/**
 * Which policies, in force or not, have an open run: a run goes by its policy as it was when it began, and
 * comes to its end although that was removed meanwhile. Costs what is open, not what ever ran.
 *
 * @throws LEDGER_CORRUPT
 */
export async function policiesWithOpenRun(catalogue: Catalogue): Promise<readonly PolicyId[]> {
  const rows = await catalogue.ask((store) => store.claims(streamPrefixes.schedule));
  return rows
    .map(({ stream }) => stream.slice(streamPrefixes.schedule.length) as PolicyId)
    .toSorted((one, other) => (one < other ? -1 : 1));
}
