import type { UsedPack } from './pack-usage.ts';

/** A pack is worth repacking when at most this much of it is needed. */
export const repackLiveShareMax = 0.5;

/** A pack of which little is needed. */
export interface SparsePack extends UsedPack {
  readonly sizeBytes: number;
}

export interface RepackChoice {
  /** To be repacked, those of which the least is needed first. */
  readonly chosen: readonly SparsePack[];
  /** As sparse, and left for another time. */
  readonly left: readonly SparsePack[];
}

/**
 * What to repack when so many bytes may be written anew: what frees the most for each byte of them.
 * At least one pack, so that repacking which is repeated gets through everything.
 */
export function choosePacksToRepack(
  packs: readonly SparsePack[],
  { maxBytes }: { readonly maxBytes: number },
): RepackChoice {
  const shareOf = ({ liveBytes, sizeBytes }: SparsePack): number => liveBytes / sizeBytes;
  const sparse = packs
    .filter((each) => shareOf(each) <= repackLiveShareMax)
    .sort(
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
