import { type CloudPlace, isSamePlace } from './cloud-place.ts';

/** Where copies of snapshot sets go. */
export interface ReplicaTarget extends CloudPlace {
  /** The key that encrypts the copies; null: the default of the account in the region. */
  readonly keyId: string | null;
}

/** Copies in one target are one chain: a copy is incremental only against another one of it. */
export function isSameTarget(a: ReplicaTarget, b: ReplicaTarget): boolean {
  return isSamePlace(a, b) && a.keyId === b.keyId;
}
