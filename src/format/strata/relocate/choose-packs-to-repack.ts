import type { SparsePack } from './pack-usage.ts';

export interface RepackChoice {
  /** To be repacked, those of which the least is needed first. */
  readonly chosen: readonly SparsePack[];
  /** As sparse, and left for another time. */
  readonly left: readonly SparsePack[];
}

/**
 * What to repack when about so many bytes of data may be stored anew: what frees the most for each
 * byte of them. At least one pack, so that repacking which is repeated gets through everything.
 */
export function choosePacksToRepack(
  packs: readonly SparsePack[],
  { maxBytes }: { readonly maxBytes: number },
): RepackChoice {
  const shareOf = ({ liveBytes, sizeBytes }: SparsePack): number => liveBytes / sizeBytes;
  const sparse = packs.toSorted(
    (one, other) => shareOf(one) - shareOf(other) || (one.pack.key < other.pack.key ? -1 : 1),
  );
  let bytes = 0;
  let count = 0;
  for (const { liveBytes } of sparse) {
    if (count > 0 && bytes + liveBytes > maxBytes) break;
    bytes += liveBytes;
    count += 1;
  }
  return { chosen: sparse.slice(0, count), left: sparse.slice(count) };
}
