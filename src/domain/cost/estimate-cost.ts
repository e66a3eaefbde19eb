import { unreachable } from '../errors/unreachable.ts';
import type { Region } from '../identifiers.ts';
import type { PriceTable } from './price-table.ts';

/** How much room an item takes, as far as it is known. */
export interface ItemSize {
  readonly place:
    | { readonly kind: 'snapshots' }
    | { readonly kind: 'replicas'; readonly region: Region }
    | { readonly kind: 'repository' };
  readonly sizeBytes: number;
  /**
   * `at-most`: the size of the volumes; a cloud stores, and charges, only what differs from other
   * snapshots. `added`: what its session has stored; other points may need it as well, so that
   * removing the item does not free it.
   */
  readonly basis: 'at-most' | 'added';
}

const gib = 2 ** 30;

/** An estimate of what keeping the item costs a month, in the currency of the table. */
export function estimateMonthlyCost({ place, sizeBytes }: ItemSize, prices: PriceTable): number {
  return (sizeBytes / gib) * priceIn(place, prices);
}

function priceIn(place: ItemSize['place'], prices: PriceTable): number {
  switch (place.kind) {
    case 'snapshots':
      return prices.snapshotGibMonth;
    case 'replicas': {
      const { regions, other } = prices.replicaGibMonth;
      return regions.get(place.region) ?? other;
    }
    case 'repository':
      return prices.repositoryGibMonth;
    default:
      return unreachable(place);
  }
}
