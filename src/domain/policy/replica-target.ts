import type { Region } from '../identifiers.ts';

/** Where copies of a snapshot set go: a region, and the key that encrypts them there. */
export interface ReplicaTarget {
  readonly region: Region;
  /** Null: the region's default. */
  readonly keyId: string | null;
}
