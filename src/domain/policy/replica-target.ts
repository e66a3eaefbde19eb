import type { Region } from '../identifiers.ts';

/** Where copies of snapshot sets go. */
export interface ReplicaTarget {
  readonly region: Region;
  /** The key that encrypts the copies; null: the region's default. */
  readonly keyId: string | null;
}
