import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { prefixHitsMax } from '../catalogue/catalogue-limits.ts';
import { findByPrefix } from '../session/find-by-prefix.ts';
import type { FoundItem } from './found-item.ts';

/**
 * The one snapshot set, replica or restore point, there or gone, whose id begins with `prefix`; the
 * id of a single snapshot, or of a copy of one, leads to its set or replica.
 *
 * @throws UNKNOWN_ITEM, AMBIGUOUS_ID, INVALID_ARGUMENT
 */
export async function findItem(catalogue: Catalogue, prefix: string): Promise<FoundItem> {
  const names = await catalogue.ask((store) => store.itemNames(prefix, prefixHitsMax));
  const id = findByPrefix(prefix, new Set(names.map((name) => name.id)), 'item');
  const found = names.find((name) => name.id === id);
  if (found === undefined) {
    throw new SnapledgerError(
      'UNKNOWN_ITEM',
      `no snapshot set, replica or restore point has the id '${prefix}'`,
      { remedy: `'snapledger snapshots', 'replicas' and 'points' list them.` },
    );
  }
  const { instanceId, item } = found;
  return { instanceId, item };
}
