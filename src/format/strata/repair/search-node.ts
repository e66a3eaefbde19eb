import { recordIdOf } from '../keys/record-id.ts';
import type { MapPlace } from '../map/decode-map-node.ts';
import { encodeMapNode } from '../map/encode-map-node.ts';
import type { MapEntry, MapNode } from '../map/map-node.ts';

/** Combinations that are tried for one node: about a second of work. */
const triesMax = 65_536;

/**
 * The node of this id, put together from what each of its entries may be; null when none of the
 * combinations that are tried has the id. Those come first that differ from the likeliest in the fewest
 * entries. The id is keyed and of all bytes of the node, so what is found is what was lost.
 *
 * @param options for each entry, the likeliest first
 */
export function searchNode(
  place: MapPlace,
  id: Uint8Array,
  nodeIdKey: Uint8Array,
  options: readonly (readonly MapEntry[])[],
): MapNode | null {
  const { level, position } = place;
  let tries = 0;
  for (const entries of combinations(options)) {
    tries += 1;
    if (tries > triesMax) return null;
    const node = { level, position, entries: [...entries] };
    if (Buffer.compare(recordIdOf(nodeIdKey, encodeMapNode(node)), id) === 0) return node;
  }
  return null;
}

/** The same array again and again, with one combination after the other. */
function* combinations(options: readonly (readonly MapEntry[])[]): Generator<readonly MapEntry[]> {
  const likeliest = options.flatMap(([entry]) => entry ?? []);
  if (likeliest.length < options.length) return;
  const open = options.flatMap((ofEntry, n) => (ofEntry.length > 1 ? [n] : []));
  for (let others = 0; others <= open.length; others += 1) {
    yield* withOthers(likeliest, options, open, others);
  }
}

/** Those in which so many of the open entries are not the likeliest. */
function* withOthers(
  entries: MapEntry[],
  options: readonly (readonly MapEntry[])[],
  open: readonly number[],
  others: number,
): Generator<readonly MapEntry[]> {
  if (others === 0) {
    yield entries;
    return;
  }
  for (let next = 0; next + others <= open.length; next += 1) {
    const n = open[next] ?? 0;
    const [likeliest, ...less] = options[n] ?? [];
    for (const entry of less) {
      entries[n] = entry;
      yield* withOthers(entries, options, open.slice(next + 1), others - 1);
    }
    if (likeliest !== undefined) entries[n] = likeliest;
  }
}
