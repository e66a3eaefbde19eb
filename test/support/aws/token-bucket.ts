/** How many requests are taken: so many at once, and then so many a second. */
export interface BucketSize {
  readonly most: number;
  readonly perSecond: number;
}

/** A bucket of tokens, as AWS counts requests by; gives whether there was one left. */
export function createTokenBucket(
  { most, perSecond }: BucketSize,
  now: () => number,
): () => boolean {
  let left = most;
  let atMs = now();
  return () => {
    const nowMs = now();
    left = Math.min(left + ((nowMs - atMs) / 1000) * perSecond, most);
    atMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

/** A bucket for each key, made when it is first asked for. */
export function createTokenBuckets(now: () => number): (key: string, size: BucketSize) => boolean {
  const buckets = new Map<string, () => boolean>();
  return (key, size) => {
    const take = buckets.get(key) ?? createTokenBucket(size, now);
    buckets.set(key, take);
    return take();
  };
}
