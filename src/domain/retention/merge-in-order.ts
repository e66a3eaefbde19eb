import { assert } from '../errors/assert.ts';
import { type ChainItem, compareChainItems } from './chain-item.ts';

/** Joins the lists of several chains into one, in the order of the items that they are about. */
export function mergeInOrder<Entry extends { readonly id: string }>(
  lists: readonly (readonly Entry[])[],
  items: readonly ChainItem[],
): readonly Entry[] {
  const itemOf = new Map(items.map((item) => [item.id, item]));
  const placed = lists.flat().map((entry) => {
    const item = itemOf.get(entry.id);
    assert(item !== undefined, 'what was decided is about an item that exists');
    return { entry, item };
  });
  return placed.sort((a, b) => compareChainItems(a.item, b.item)).map(({ entry }) => entry);
}
